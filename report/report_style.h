// The style sheet of a report.
#pragma once

namespace weft::train {

inline constexpr const char* kReportStyle = R"css(
:root{--page:#f6f7f9;--card:#fff;--ink:#1f2430;--muted:#667085;--line:#e4e7ec;--right:37 99 235;--wrong:217 45 32}
@media(prefers-color-scheme:dark){:root{--page:#0d1016;--card:#161a22;--ink:#e6e9ef;--muted:#98a2b3;--line:#2b3240;
--right:92 145 250;--wrong:240 85 75}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
main{max-width:1120px;margin:0 auto;padding:28px 20px 48px}
a{color:rgb(var(--right))}
h1{font-size:26px;line-height:1.25;margin:0;overflow-wrap:anywhere}
header p{margin:4px 0 0;color:var(--muted);overflow-wrap:anywhere}
h2{font-size:16px;margin:0 0 12px}
section{margin-top:28px;min-width:0}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(130px,1fr));gap:12px;margin-top:20px}
.tile,.card,#confusion,#scores,#mistakes,#model,#options,#records{background:var(--card);border:1px solid var(--line);
border-radius:10px}
.tile{padding:12px 16px}
.tile b{display:block;font-size:22px;line-height:1.3;font-variant-numeric:tabular-nums}
.tile span{color:var(--muted);font-size:13px}
.grid{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,420px),1fr));gap:16px}
.card{padding:8px}
.chart{display:block;width:100%;height:auto}
.halves{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,460px),1fr));column-gap:16px;align-items:start}
#confusion,#scores,#mistakes,#model,#options,#records{padding:16px}
.scroll{overflow-x:auto;margin:0}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
.heat{width:100%;font-size:13px;text-align:center;table-layout:auto}
.heat th{font-weight:600;color:var(--muted);padding:4px}
.heat td{min-width:26px;height:34px;padding:2px;border:2px solid var(--card);border-radius:6px}
.heat .right{background:rgb(var(--right)/var(--shade))}
.heat .wrong{background:rgb(var(--wrong)/var(--shade))}
.heat .full{color:#fff}
.numbers{width:100%;font-size:14px}
.numbers th,.numbers td,.options th,.options td{padding:5px 8px;border-bottom:1px solid var(--line);text-align:right}
.numbers th:first-child,.options th{text-align:left;font-weight:600}
.numbers td,.numbers th:first-child,.tile b{white-space:nowrap}
.numbers thead th{color:var(--muted);font-size:13px}
.numbers tr:last-child>*,.options tr:last-child>*{border-bottom:0}
.options{width:100%}
.options th{white-space:nowrap;vertical-align:top}
.options td{overflow-wrap:anywhere}
.hint{color:var(--muted);font-size:13px;margin:8px 0 0}
.images{display:grid;grid-template-columns:repeat(auto-fill,minmax(96px,1fr));gap:14px}
figure{margin:0;font-size:12px;line-height:1.35;color:var(--muted)}
figure img{width:100%;aspect-ratio:1;object-fit:contain;image-rendering:pixelated;border-radius:6px;background:#000}
figcaption b{color:var(--ink)}
figcaption .bad{color:rgb(var(--wrong))}
pre{font:13px/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
summary{cursor:pointer;font-weight:600}
details[open] summary{margin-bottom:12px}
@media(max-width:560px){main{padding:18px 12px 32px}a{color:rgb(var(--right))}
h1{font-size:21px}.heat{font-size:11px}.heat td{height:28px;border-width:1px}
.heat th{padding:2px}.images{grid-template-columns:repeat(auto-fill,minmax(78px,1fr));gap:10px}
.numbers,.options{font-size:12.5px}.numbers th,.numbers td{padding:5px 3px}.tile b{font-size:19px}}
@media print{body{background:#fff}section{break-inside:avoid}}
)css";

}  // namespace weft::train
