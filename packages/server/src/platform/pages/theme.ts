/** The visual language of the service's own pages: tokens, type and the few parts that every page has. */
export const theme = `
:root {
  color-scheme: light dark;
  --page: light-dark(#f8fafc, #090d16);
  --surface: light-dark(#ffffff, #0f1522);
  --raised: light-dark(#f1f5f9, #161e2e);
  --line: light-dark(#dbe3ee, #1f2a3d);
  --line-strong: light-dark(#76859b, #51617c);
  --text: light-dark(#0b1220, #eaf0fa);
  --soft: light-dark(#334155, #c3cee0);
  --muted: light-dark(#51607a, #93a3bd);
  --link: light-dark(#0369a1, #38bdf8);
  --primary: #0ea5e9;
  --secondary: #8b5cf6;
  --accent: #06b6d4;
  --info: light-dark(#0e7490, #22d3ee);
  --info-tint: light-dark(#dff5fa, #0b2731);
  --success: light-dark(#047857, #34d399);
  --success-tint: light-dark(#daf5e9, #0b2a21);
  --warning: light-dark(#854d0e, #fbbf24);
  --warning-tint: light-dark(#fdf0d2, #30240a);
  --violet: light-dark(#6d28d9, #b79dfb);
  --violet-tint: light-dark(#ede7fe, #221a3d);
  --error: light-dark(#b91c1c, #f98080);
  --error-tint: light-dark(#fde8e8, #34171b);
  --code: #0c1220;
  --code-bar: #131b2c;
  --code-line: #222e45;
  --code-text: #dde7f7;
  --code-muted: #95a5c0;
  --radius: 8px;
  --shadow: 0 1px 2px rgb(2 6 23 / 0.12), 0 12px 32px -12px rgb(2 6 23 / 0.35);
  --curve: 160ms cubic-bezier(0.2, 0, 0, 1);
  --mono: ui-monospace, 'SF Mono', SFMono-Regular, Menlo, Consolas, 'Liberation Mono', monospace;
}
:root[data-theme='dark'] { color-scheme: dark; }
:root[data-theme='light'] { color-scheme: light; }
*, *::before, *::after { box-sizing: border-box; }
html { scroll-padding-top: 64px; scroll-behavior: smooth; -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--page); color: var(--text); font: 400 14px/1.6 Inter, system-ui, -apple-system, 'Segoe UI', sans-serif;
  font-feature-settings: 'cv11', 'ss03'; -webkit-font-smoothing: antialiased; overflow-wrap: break-word;
}
h1, h2, h3, h4, p, ul, ol, dl, dd, pre, table { margin: 0; }
h1, h2, h3 { letter-spacing: -0.02em; line-height: 1.2; text-wrap: balance; }
h2 { font-size: 24px; font-weight: 700; }
h3 { font-size: 18px; font-weight: 600; }
h4 { font-size: 14px; font-weight: 600; }
p { color: var(--soft); text-wrap: pretty; }
ul { padding: 0; list-style: none; }
a { color: var(--link); text-underline-offset: 3px; text-decoration-thickness: 1px; }
code { font: 500 0.92em var(--mono); }
p code, li code, dd code { padding: 2px 4px; border-radius: 4px; background: var(--raised); color: var(--text); }
button { font: inherit; color: inherit; cursor: pointer; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: var(--radius); }
.brand { display: flex; align-items: center; gap: 12px; min-height: 44px; color: var(--text); font-size: 18px; font-weight: 700; letter-spacing: -0.02em; text-decoration: none; }
.brand svg { width: 28px; height: 28px; }
.hairline { position: fixed; z-index: 11; inset: 0 0 auto; height: 2px; background: linear-gradient(90deg, var(--primary), var(--secondary), var(--accent)); pointer-events: none; }
.lead { font-size: 16px; max-width: 68ch; }
@media (prefers-reduced-motion: reduce) {
  html { scroll-behavior: auto; }
  *, *::before, *::after { transition: none !important; animation: none !important; }
}
@media print { :root { color-scheme: light; } }
`
