/** How a page looks: on a phone, on paper, in the dark. It is in the page, and nothing else is loaded. */
export const STYLE = `
:root{color-scheme:light dark;--text:#1c1e21;--quiet:#62676f;--page:#fff;--card:#f5f6f8;--line:#dcdfe4;--you:#0a6b3d;--agent:#0b5cad;--add:#116329;--del:#a40e26;--warn:#8a5300}
@media (prefers-color-scheme:dark){:root{--text:#e4e6ea;--quiet:#9aa1ab;--page:#15171a;--card:#1f2226;--line:#363b42;--you:#5fd08f;--agent:#79b8ff;--add:#6fdc8c;--del:#ff8f8f;--warn:#f0b45a}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1rem;max-width:52rem;background:var(--page);color:var(--text);font:16px/1.55 system-ui,sans-serif;overflow-wrap:anywhere}
h1{font-size:1.5rem;line-height:1.25;margin:.5rem 0}
h2,h3,h4,h5,h6{font-size:1.05rem;margin:1rem 0 .4rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem .9rem;color:var(--quiet);font-size:.875rem;margin:0 0 1rem}
dt{font-weight:600}dd{margin:0}
article{border-top:1px solid var(--line);padding:.6rem 0}
article.on{border-top:0;padding-top:0}
header{display:flex;flex-wrap:wrap;gap:.2rem .6rem;align-items:baseline}
header b{color:var(--agent)}
.person header b{color:var(--you)}
.person{background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:.6rem .8rem;margin:.8rem 0}
header a,small{color:var(--quiet);font-size:.8rem;text-decoration:none}
a{color:var(--agent)}
p{margin:.5rem 0}
pre{background:var(--card);border:1px solid var(--line);border-radius:.4rem;padding:.6rem;overflow-x:auto;font:13px/1.45 ui-monospace,monospace;white-space:pre;overflow-wrap:normal}
.person .typed{white-space:pre-wrap;margin:.4rem 0 0}
code{font:.875em ui-monospace,monospace;background:var(--card);border-radius:.25rem;padding:.1em .25em}
table{border-collapse:collapse;display:block;overflow-x:auto}
th,td{border:1px solid var(--line);padding:.25rem .6rem;text-align:left}
blockquote{margin:.5rem 0;padding-left:.8rem;border-left:3px solid var(--line);color:var(--quiet)}
details{margin:.35rem 0}
summary{cursor:pointer;color:var(--quiet);font-size:.875rem}
.call{margin:.35rem 0;font-size:.9rem}
.failed summary{color:var(--del)}
.thinking{color:var(--quiet);font-style:italic}
.plus{color:var(--add)}.minus{color:var(--del)}.kept{color:var(--quiet)}
.compaction{color:var(--warn)}
nav ol{padding-left:1.4rem}
@media print{body{max-width:none;font-size:11pt}nav{display:none}pre{white-space:pre-wrap;overflow-wrap:anywhere}details::details-content{content-visibility:visible;height:auto}article{break-inside:auto}a{color:inherit}}
`;
