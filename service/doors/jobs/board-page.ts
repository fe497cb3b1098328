/** Allows only the page's own scripts and requests to this appliance. Some styles are made at run time. */
export const boardPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The page without its links to other hosts: it asks Google for fonts. The system's own are in `boardFonts`. */
export const withoutForeignLinks = (html: string): string =>
  html.replaceAll(/<link\b[^>]*\bhref="https?:\/\/[^>]*>\s*/g, '');

export const boardFonts = {
  'font-sans': 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif',
  'font-mono': 'ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace',
};

const closedPolicy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

/** Page for a browser without a session. */
export const closedPage = {
  policy: closedPolicy,
  html: `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Jobs · Gatehouse</title>
<style>
:root { color-scheme: light dark }
body { font: 16px/1.6 system-ui, sans-serif; max-width: 34rem; margin: 12vh auto 0; padding: 0 1.25rem }
h1 { font-size: 1.25rem; margin: 0 0 .75rem }
pre { padding: .75rem 1rem; border-radius: .5rem; background: color-mix(in srgb, currentColor 8%, transparent); overflow-x: auto }
</style>
</head>
<body>
<h1>This page is opened from the console</h1>
<p>It shows the jobs of the whole appliance. Sign in to the <a href="/console/jobs">console</a> as an appliance owner and choose <b>Jobs</b>. Without the console: on the machine that runs Gatehouse, run</p>
<pre>gatehouse jobs open</pre>
<p>and open the link it prints. Either way works once, within five minutes, and gives this browser half an hour.</p>
<p>Just opened the link? <a href="/jobs/">Go on to the jobs</a>.</p>
</body>
</html>
`,
};
