export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (each) => `&#${each.charCodeAt(0)};`)

/** Colours have a contrast of at least 4.5 to 1 with what they stand on, in light and in dark. */
export const STYLE = `
:root{--ink:#1b1f24;--paper:#fff;--line:#d0d7de;--quiet:#57606a;--plus:#1a7f37;--minus:#b42318;--total:#3b4a5a}
@media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--paper:#0d1117;--line:#3d444d;--quiet:#9da7b1;--plus:#4ac26b;--minus:#ff8177;--total:#a9b8c8}}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
main{max-width:78rem;margin:0 auto;padding:1.5rem}
h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .5rem}
.quiet{color:var(--quiet)}.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;border-bottom:1px solid var(--line)}
th.n{text-align:right}tbody th{font-weight:600}
svg{max-width:45rem;width:100%;margin-top:1rem}svg text{fill:var(--ink);font-size:12px}
.plus{fill:var(--plus)}.minus{fill:var(--minus)}.total{fill:var(--total)}
code,pre{font:13px/1.5 ui-monospace,monospace}pre{overflow-x:auto;padding:.6rem;border:1px solid var(--line)}
dl{display:grid;grid-template-columns:auto 1fr;gap:0 .6rem;margin:.3rem 0;font-size:13px}dt{color:var(--quiet)}dd{margin:0;overflow-wrap:anywhere}
input{font:inherit;color:inherit;background:var(--paper);border:1px solid var(--quiet);padding:.2rem .4rem}
summary{cursor:pointer}
@media print{main{max-width:none;padding:0}input,label{display:none}tr{break-inside:avoid}}
`

/** Hides the rows that do not have what is searched for. Without it the page is whole. */
export const SCRIPT = `
const search=document.getElementById('search'),shown=document.getElementById('shown')
const rows=[...document.querySelectorAll('#breaks tbody tr')]
const texts=rows.map(row=>row.textContent.toLowerCase())
search.addEventListener('input',()=>{const word=search.value.trim().toLowerCase();let count=0
rows.forEach((row,place)=>{row.hidden=!texts[place].includes(word);if(!row.hidden)count++})
shown.textContent=word===''?'':count+' of '+rows.length})
`
