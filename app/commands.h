// The subcommands of `weft`: each takes the arguments after its name, and returns the exit code.
#pragma once

namespace command {

int train(int argc, char** argv);
int eval(int argc, char** argv);
int predict(int argc, char** argv);
int summary(int argc, char** argv);
int show(int argc, char** argv);
int convert(int argc, char** argv);

}  // namespace command
