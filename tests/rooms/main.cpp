// Linked with all objects of a room and of those below it: that it links is the test.
int main() { return 0; }
