/** The layout of the reference page, from 360 px up. */
export const layoutStyle = `
.skip { position: fixed; z-index: 20; top: -80px; left: 16px; padding: 12px 16px; border-radius: var(--radius); background: var(--text); color: var(--page); }
.skip:focus { top: 12px; }
.bar {
  position: sticky; z-index: 10; top: 0; display: flex; align-items: center; gap: 8px; height: 64px; padding: 0 16px;
  background: var(--page); border-bottom: 1px solid var(--line);
}
.bar .version { color: var(--muted); font: 500 12px var(--mono); }
.bar .space { flex: 1; }
.control {
  display: inline-flex; align-items: center; justify-content: center; gap: 8px; min-width: 44px; min-height: 44px; padding: 0 12px;
  border: 1px solid transparent; border-radius: var(--radius); background: none; color: var(--soft); font-weight: 500; text-decoration: none;
  transition: background var(--curve), color var(--curve);
}
.control:hover { background: var(--raised); color: var(--text); }
.control svg { width: 20px; height: 20px; flex: none; }
html:not([data-script]) .needs-script { display: none; }
.navigation { margin: 0; padding: 16px; border: 0; background: var(--page); color: var(--text); overflow-y: auto; overscroll-behavior: contain; }
.navigation[popover] { inset: 0 auto 0 0; width: min(320px, 88vw); height: 100dvh; max-height: none; border-right: 1px solid var(--line); box-shadow: var(--shadow); }
.navigation::backdrop { background: rgb(2 6 23 / 0.6); }
.filter { position: relative; margin-bottom: 16px; }
.filter input {
  width: 100%; height: 44px; padding: 0 44px 0 12px; border: 1px solid var(--line-strong); border-radius: var(--radius);
  background: var(--surface); color: var(--text); font: inherit;
}
.filter input::placeholder { color: var(--muted); opacity: 1; }
.filter kbd {
  position: absolute; top: 10px; right: 10px; min-width: 24px; height: 24px; border: 1px solid var(--line); border-radius: 4px;
  background: var(--raised); color: var(--muted); font: 500 12px/22px var(--mono); text-align: center; pointer-events: none;
}
.filter input:focus + kbd { visibility: hidden; }
.navigation h2 { padding: 16px 12px 4px; color: var(--muted); font-size: 12px; font-weight: 500; letter-spacing: 0; }
.navigation a {
  display: flex; align-items: center; justify-content: space-between; gap: 8px; min-height: 44px; padding: 4px 12px; border-radius: var(--radius);
  color: var(--soft); text-decoration: none; transition: background var(--curve), color var(--curve);
}
.navigation a:hover { background: var(--raised); color: var(--text); }
.navigation a[aria-current] { background: var(--raised); color: var(--text); font-weight: 600; border-radius: 0 var(--radius) var(--radius) 0; box-shadow: inset 3px 0 var(--primary); }
.navigation [hidden] { display: none; }
.navigation .outcome { padding: 8px 12px; color: var(--muted); }
main { padding: 0 16px 64px; }
.part { padding: 48px 0; border-bottom: 1px solid var(--line); }
.part:last-of-type { border: 0; }
.columns { display: grid; grid-template-columns: minmax(0, 1fr); gap: 32px; }
.columns > * { min-width: 0; }
.prose { display: grid; gap: 16px; align-content: start; }
.group-head { padding: 64px 0 0; display: grid; gap: 8px; }
.facts { display: grid; gap: 24px; grid-template-columns: repeat(auto-fill, minmax(min(100%, 280px), 1fr)); margin-top: 40px; }
.facts section { scroll-margin-top: 24px; display: grid; gap: 8px; align-content: start; padding: 20px; border: 1px solid var(--line); border-radius: var(--radius); background: var(--surface); }
h1 { font-size: clamp(30px, 5vw, 42px); font-weight: 700; letter-spacing: -0.035em; line-height: 1.1; }
.facts h2 { font-size: 18px; font-weight: 600; }
footer { display: flex; flex-wrap: wrap; gap: 8px 24px; padding: 24px 16px; border-top: 1px solid var(--line); color: var(--muted); }
@media (min-width: 960px) {
  .bar { padding: 0 32px 0 24px; }
  .menu { display: none; }
  .navigation[popover] {
    position: fixed; display: block; inset: 64px auto 0 0; width: 272px; height: auto; box-shadow: none;
  }
  main, footer { margin-left: 272px; padding-inline: 40px; }
}
@media (min-width: 960px) and (pointer: fine) { .navigation li a { min-height: 36px; } }
@media (min-width: 1200px) {
  .columns { grid-template-columns: minmax(0, 1fr) minmax(0, 520px); gap: 48px; }
  .columns > .aside { position: sticky; top: 88px; align-self: start; max-height: calc(100dvh - 112px); overflow-y: auto; scrollbar-width: thin; border-radius: var(--radius); }
  main { max-width: 1360px; }
}
@media (max-width: 480px) { .bar .version, .bar .wide { display: none; } }
`

/** The parts of one operation: its line, its fields, its code. */
export const operationStyle = `
.method { display: inline-block; min-width: 52px; padding: 2px 6px; border-radius: 4px; font: 600 11px/18px var(--mono); text-align: center; }
.method-get { background: var(--info-tint); color: var(--info); }
.method-post { background: var(--success-tint); color: var(--success); }
.method-patch { background: var(--warning-tint); color: var(--warning); }
.method-put { background: var(--violet-tint); color: var(--violet); }
.method-delete { background: var(--error-tint); color: var(--error); }
.target { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 12px; width: fit-content; padding: 8px 16px 8px 8px; border: 1px solid var(--line); border-radius: var(--radius); background: var(--surface); }
.target code { padding: 0; background: none; color: var(--text); overflow-wrap: anywhere; }
.target var { color: var(--link); font-style: normal; }
.title { display: flex; align-items: baseline; gap: 8px; }
.anchor { color: var(--muted); text-decoration: none; opacity: 0; transition: opacity var(--curve); }
.title:hover .anchor, .anchor:focus-visible { opacity: 1; }
.access { display: grid; gap: 8px 16px; grid-template-columns: max-content minmax(0, 1fr); padding: 16px; border: 1px solid var(--line); border-radius: var(--radius); background: var(--surface); }
.access dt { color: var(--muted); font-size: 12px; font-weight: 500; line-height: 24px; }
.access dd { display: flex; flex-wrap: wrap; gap: 4px; line-height: 24px; }
.chip { display: inline-block; padding: 0 8px; border-radius: 4px; background: var(--raised); color: var(--soft); font: 500 12px/24px var(--mono); }
.chip-key { background: var(--violet-tint); color: var(--violet); }
.fields { display: grid; gap: 8px; }
table { width: 100%; border-collapse: collapse; }
caption { padding: 16px 0 8px; font-weight: 600; text-align: left; }
caption small { color: var(--muted); font-size: 12px; font-weight: 400; }
th, td { padding: 12px 16px 12px 0; border-top: 1px solid var(--line); text-align: left; vertical-align: top; font-weight: 400; }
thead th { padding-block: 8px; border: 0; color: var(--muted); font-size: 12px; font-weight: 500; }
.fields th[scope='row'] { width: 32%; }
.fields td:nth-child(2) { width: 18%; color: var(--soft); }
.fields .depth-1 th { padding-left: 16px; }
.fields .depth-2 th { padding-left: 32px; }
.fields .depth-3 th { padding-left: 48px; }
.depth-1 code, .depth-2 code, .depth-3 code { color: var(--soft); }
.fields td small, .fields th small { display: block; color: var(--muted); font-size: 12px; line-height: 20px; }
.fields .required { color: var(--warning); font-weight: 500; }
.fields td p + p, .fields td p + small { margin-top: 4px; }
.refusals summary { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 12px; min-height: 44px; padding-block: 4px; cursor: pointer; list-style: none; }
.refusals summary::-webkit-details-marker { display: none; }
.refusals summary::before {
  content: ''; flex: none; width: 8px; height: 8px; margin: 0 4px; border: solid var(--muted); border-width: 0 2px 2px 0; transform: rotate(-45deg);
  transition: transform var(--curve);
}
.refusals[open] > summary::before, .refusal[open] > summary::before { transform: rotate(45deg); }
.refusals > summary { font-weight: 600; }
.refusals summary small { color: var(--muted); font-size: 12px; font-weight: 400; }
.refusal { border-top: 1px solid var(--line); }
.refusal .prose { padding: 4px 0 20px 28px; }
.status { margin-right: 4px; font: 600 12px/22px var(--mono); color: var(--muted); }
.status-2, .status-3 { color: var(--success); }
.status-4 { color: var(--warning); }
.status-5 { color: var(--error); }
.aside { display: grid; gap: 16px; align-content: start; }
.panel { min-width: 0; overflow: hidden; border: 1px solid var(--code-line); border-radius: var(--radius); background: var(--code); color: var(--code-text); }
.panel :focus-visible { outline-color: #38bdf8; outline-offset: -3px; }
.panel-bar { display: flex; align-items: center; min-height: 44px; padding-left: 4px; border-bottom: 1px solid var(--code-line); background: var(--code-bar); }
.panel-bar .label { flex: 1; padding: 0 12px; font-size: 12px; font-weight: 500; color: var(--code-muted); }
.panel [role='tablist'] { display: flex; flex: 1; }
.panel [role='tab'] { min-height: 44px; min-width: 44px; padding: 0 12px; border: 0; background: none; color: var(--code-muted); font-weight: 500; }
.panel [role='tab']:hover { color: var(--code-text); }
.panel [role='tab'][aria-selected='true'] { color: #fff; box-shadow: inset 0 -2px var(--primary); }
.copy { min-width: 44px; min-height: 44px; padding: 0 12px; border: 0; background: none; color: var(--code-muted); font-size: 12px; font-weight: 500; }
.copy:hover { color: #fff; }
.copy[data-done] { color: #34d399; }
.panel .status-2, .panel .status-3 { color: #34d399; }
.panel .status-5 { color: #f98080; }
.panel pre { padding: 16px; overflow-x: auto; font: 400 13px/1.65 var(--mono); tab-size: 2; scrollbar-width: thin; scrollbar-color: #3d4d6b transparent; }
.panel pre code { font: inherit; }
.snippet h4 { padding: 12px 16px 0; color: var(--code-muted); font-size: 12px; font-weight: 500; }
[data-script] .snippet h4 { display: none; }
.snippet[hidden] { display: none; }
.is-key { color: #7dd3fc; }
.is-text { color: #86e3b8; }
.is-flag { color: #c4b5fd; }
.is-word { color: #c4b5fd; }
.is-number { color: #fcd34d; }
.wide-table { overflow-x: auto; margin-top: 16px; border: 1px solid var(--line); border-radius: var(--radius); background: var(--surface); }
.wide-table table { min-width: 720px; }
.wide-table th, .wide-table td { padding: 12px 16px; }
.wide-table tbody tr:target { background: var(--raised); }
.yes { color: var(--success); }
.no { color: var(--muted); }
.advice { white-space: nowrap; color: var(--soft); }
.visually-hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (max-width: 640px) {
  .fields thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .fields table, .fields caption, .fields tbody, .fields tr, .fields th, .fields td { display: block; }
  .fields tr { padding: 12px 0; border-top: 1px solid var(--line); }
  .fields th[scope='row'], .fields td, .fields td:nth-child(2) { width: auto; padding-block: 2px; padding-right: 0; border: 0; }
  .fields .depth-1 td { padding-left: 16px; }
  .fields .depth-2 td { padding-left: 32px; }
  .fields .depth-3 td { padding-left: 48px; }
  .errors-table thead { display: none; }
  .errors-table table { min-width: 0; }
  .errors-table table, .errors-table tbody, .errors-table tr, .errors-table th, .errors-table td { display: block; }
  .errors-table tr { padding: 12px 0; border-top: 1px solid var(--line); }
  .errors-table th, .errors-table td { padding: 2px 16px; border: 0; }
  .errors-table .advice { color: var(--muted); font-size: 12px; }
}
`
