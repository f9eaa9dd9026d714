/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The style and the script of a page. The policy of the page has their hashes; no other script or style runs in it. */
#include "avicd/page.h"

static const char style[] =
	":root{color-scheme:light dark;--bg:#fff;--fg:#1b1f24;--soft:#f3f4f6;--line:#d5d9de;--dim:#8a9099;"
	"--bad:#c62828;--warn:#b26a00;--good:#2e7d32;--some:#1565c0;--none:#607080}\n"
	"@media "
	"(prefers-color-scheme:dark){:root{--bg:#14171b;--fg:#e4e7eb;--soft:#1f242a;--line:#39414a;--dim:#7d8590;"
	"--bad:#ff6b64;--warn:#f0a13a;--good:#6cc070;--some:#6cb0ff;--none:#9aa7b4}}\n"
	"body{margin:0;background:var(--bg);color:var(--fg);font:15px/1.45 system-ui,sans-serif}\n"
	"main{max-width:75rem;margin:0 auto;padding:1rem}\n"
	"h1{font-size:1.5rem;margin:.3rem 0 .8rem;overflow-wrap:anywhere}h2{font-size:1.1rem;margin:1.6rem 0 .5rem}\n"
	"p,li{max-width:60rem;overflow-wrap:anywhere}\n"
	".tiles{display:flex;flex-wrap:wrap;gap:.6rem;margin:0}\n"
	".tiles div{background:var(--soft);border-left:4px solid var(--none);padding:.4rem .8rem;min-width:6rem}\n"
	".tiles dt{font-size:.8rem;color:var(--dim)}.tiles dd{margin:0;font-size:1.1rem;overflow-wrap:anywhere}\n"
	".tiles .bad{border-color:var(--bad)}.tiles .warn{border-color:var(--warn)}.tiles "
	".good{border-color:var(--good)}"
	".tiles .some{border-color:var(--some)}.tiles .dim{border-color:var(--dim)}\n"
	".wide{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.92rem}\n"
	"th,td{text-align:left;padding:.25rem .6rem;border-bottom:1px solid "
	"var(--line);vertical-align:top;overflow-wrap:break-word}\n"
	"th{background:var(--soft);white-space:nowrap}th.n,td.n{text-align:right;white-space:nowrap;font-variant-"
	"numeric:tabular-nums}\n"
	"th button{all:unset;cursor:pointer}th button:focus-visible{outline:2px solid var(--some)}\n"
	"th[aria-sort=ascending] button::after{content:' \\25B2'}th[aria-sort=descending] button::after{content:' "
	"\\25BC'}\n"
	".word{font-weight:600;color:var(--none)}.word.bad{color:var(--bad)}.word.warn{color:var(--warn)}"
	".word.good{color:var(--good)}.word.some{color:var(--some)}.word.dim{color:var(--dim)}\n"
	".filter{margin:.3rem 0;padding:.25rem .5rem;font:inherit;width:16rem;max-width:100%}\n"
	"svg{display:block;max-width:100%}rect.bad,i.bad{fill:var(--bad);background:var(--bad)}"
	"rect.warn,i.warn{fill:var(--warn);background:var(--warn)}rect.good,i.good{fill:var(--good);background:var(--"
	"good)}"
	"rect.some,i.some{fill:var(--some);background:var(--some)}rect.dim,i.dim{fill:var(--dim);background:var(--dim)}"
	"rect.none,i.none{fill:var(--none);background:var(--none)}\n"
	"rect{stroke:var(--bg)}path{fill:none;stroke:var(--some);stroke-width:1.5}\n"
	".key{list-style:none;display:flex;flex-wrap:wrap;gap:.2rem 1rem;padding:0;margin:.4rem 0;font-size:.88rem}\n"
	".key i{display:inline-block;width:.7em;height:.7em;margin-right:.35em;print-color-adjust:exact}\n"
	"@media print{:root{--bg:#fff;--fg:#000;--soft:#fff;--line:#999;--dim:#555;--bad:#a00;--warn:#850;--good:#060;"
	"--some:#004;--none:#444}.filter{display:none}.wide{overflow:visible}main{max-width:none}"
	"tr{break-inside:avoid}thead{display:table-header-group}}\n";

static const char script[] =
	"'use strict';\n"
	"for(const t of document.querySelectorAll('table')){\n"
	"const b=t.tBodies[0],v=(r,i)=>{const c=r.cells[i];return "
	"c?c.dataset.v!==undefined?+c.dataset.v:c.textContent:''};\n"
	"Array.from(t.tHead.rows[0].cells).forEach((h,i)=>{\n"
	"const k=document.createElement('button');k.type='button';k.textContent=h.textContent;h.replaceChildren(k);\n"
	"k.addEventListener('click',()=>{\n"
	"const s=h.getAttribute('aria-sort'),d=s==='ascending'||(!s&&h.classList.contains('n'))?-1:1;\n"
	"for(const o of t.tHead.rows[0].cells)o.removeAttribute('aria-sort');\n"
	"h.setAttribute('aria-sort',d>0?'ascending':'descending');\n"
	"const c=new Intl.Collator(undefined,{numeric:true}).compare;\n"
	"b.append(...Array.from(b.rows).sort((x,y)=>{const p=v(x,i),q=v(y,i);\n"
	"return d*(typeof p==='number'&&typeof q==='number'?p-q:c(String(p),String(q)))}))})});\n"
	"const f=t.parentElement.previousElementSibling;\n"
	"if(f&&f.classList.contains('filter')){f.hidden=false;f.addEventListener('input',()=>{const "
	"w=f.value.toLowerCase();\n"
	"for(const r of b.rows)r.hidden=!r.textContent.toLowerCase().includes(w)})}}\n";

const char *page_script(void)
{
	return script;
}

const char *page_style(void)
{
	return style;
}
