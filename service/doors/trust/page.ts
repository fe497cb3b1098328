import { createHash } from 'node:crypto';
import { escapeHtml } from '../../http/pages/plain-page.ts';

const style = `
:root {
  color-scheme: light dark;
  --bg: light-dark(#f5f5f2, #101416); --surface: light-dark(#ffffff, #181d20); --sunken: light-dark(#fafaf8, #141a1c);
  --ink: light-dark(#1b2023, #e9edee); --ink-2: light-dark(#465055, #b7c0c4); --line: light-dark(#e1e2dd, #2b3337);
  --accent: light-dark(#0e5569, #7cc4d8); --accent-hover: light-dark(#0a4253, #a3d8e6); --on-accent: light-dark(#ffffff, #06222b);
  --warn: light-dark(#7a4d00, #eabb5c); --warn-soft: light-dark(#faefd6, #33280f);
}
* { box-sizing: border-box }
body { margin: 0; background: var(--bg); color: var(--ink); font: 16px/24px ui-sans-serif, system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif; -webkit-text-size-adjust: 100% }
main { max-width: 42rem; margin: 0 auto; padding: 48px 16px }
h1 { font-size: 28px; line-height: 34px; letter-spacing: -.011em; margin: 0 0 12px; text-wrap: balance }
p { margin: 0 0 12px }
.muted { color: var(--ink-2) }
.compare { margin: 24px 0; padding: 16px; border-radius: 8px; background: var(--warn-soft) }
.compare h2 { margin: 0 0 4px; font-size: 16px; line-height: 24px; color: var(--warn) }
.compare p:last-child { margin: 0 }
details { margin: 8px 0; border: 1px solid var(--line); border-radius: 8px; background: var(--surface) }
summary { padding: 12px 16px; font-weight: 600; cursor: pointer }
.steps { padding: 0 16px 16px }
ol { margin: 0; padding-left: 24px }
li { margin: 0 0 8px }
code { font: 14px/22px ui-monospace, 'SF Mono', 'Cascadia Mono', 'DejaVu Sans Mono', monospace; padding: 1px 4px; border-radius: 4px; background: var(--sunken); border: 1px solid var(--line); overflow-wrap: anywhere }
pre { margin: 4px 0 0; padding: 8px 12px; border: 1px solid var(--line); border-radius: 6px; background: var(--sunken); white-space: pre-wrap; overflow-wrap: anywhere; font: 14px/22px ui-monospace, 'SF Mono', 'Cascadia Mono', 'DejaVu Sans Mono', monospace }
.other { display: flex; gap: 16px; align-items: center; margin: 24px 0 }
.other svg { flex: none; width: 144px; border-radius: 6px }
.other h2 { margin: 0 0 4px; font-size: 16px; line-height: 24px }
a { color: var(--accent); text-underline-offset: 3px }
a:hover { color: var(--accent-hover) }
a.button { display: inline-block; min-height: 44px; margin: 0 0 16px; padding: 10px 16px; border-radius: 6px; background: var(--accent); color: var(--on-accent); font-weight: 500; text-decoration: none }
a.button:hover { background: var(--accent-hover) }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px }
@media (max-width: 480px) { .other { display: none } main { padding: 24px 16px } h1 { font-size: 22px; line-height: 28px } }
`;

const styleHash = createHash('sha256').update(style).digest('base64');

/** The page has no script, no picture file and no form. */
export const trustPagePolicy = `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/** Opens the steps of the system that sends `userAgent`. `at`: where the page was asked for. */
export async function trustPage(userAgent: string, at: { protocol: string; host: string }): Promise<string> {
  const own = systems.findLast(({ sends }) => sends(userAgent));
  return document(
    'Trust this Gatehouse',
    `<h1>Trust this Gatehouse</h1>
<p>This appliance made its own certificate. Browsers warn until this device trusts the appliance’s certificate authority; passkeys work only after that.</p>
<p class="muted">The authority can vouch for this appliance’s names and for addresses of its network, and for nothing else.</p>
<section class="compare">
<h2>Compare the fingerprint first</h2>
<p>The file comes over your network, and so could a forged one. Its SHA-256 fingerprint must be the one on the appliance’s own screen: there, run <code>gatehouse certificate show</code>, or ask the administrator. This page does not show it, because an attacker who forges the file can forge the page.</p>
</section>
${systems.map((system) => section(system, system === own)).join('\n')}
${await otherDevice(at)}
<p class="muted">All files hold the same certificate: <a href="/trust/gatehouse-ca.crt">PEM</a>, <a href="/trust/gatehouse-ca.cer">DER</a>, <a href="/trust/gatehouse-ca.mobileconfig">Apple profile</a>.</p>`,
  );
}

export const nothingToTrustPage = document(
  'Nothing to install',
  `<h1>Nothing to install</h1>
<p>This appliance does not use a certificate of its own authority: this device trusts it already, or has to trust the authority of your organization. If the browser warns, ask your administrator.</p>`,
);

/** The address of the page for a camera; nothing where only this machine reaches it. */
async function otherDevice({ protocol, host }: { protocol: string; host: string }): Promise<string> {
  if (/^(localhost|127\.[\d.]+|\[::1\])(:\d+)?$/i.test(host)) return '';
  // Read with the first request of this page: it would be a part of each start.
  const { default: qrcode } = await import('qrcode');
  const svg = await qrcode.toString(`${protocol}://${host}/trust`, { type: 'svg', margin: 4 });
  return `<section class="other">
${svg.replace(/ xmlns="[^"]*"/, ' role="img" aria-label="QR code with the address of this page"')}
<div>
<h2>Another device</h2>
<p>Open this page there: point its camera at the code, or type <code>${escapeHtml(host)}/trust</code></p>
</div>
</section>`;
}

/** A proxy may pass on what a caller said. */
const section = (
  { id, name, file, steps }: System,
  open: boolean,
): string => `<details id="${id}"${open ? ' open' : ''}>
<summary>${name}</summary>
<div class="steps">
<a class="button" href="/trust/gatehouse-ca.${file}">Download for ${name}</a>
<ol>
${steps.map((step) => `<li>${step}</li>`).join('\n')}
</ol>
</div>
</details>`;

function document(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Gatehouse</title>
<style>${style}</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`;
}

/** One operating system or browser: which file it takes, and the steps. Steps are HTML; nothing in them comes from a request. */
interface System {
  id: string;
  name: string;
  file: 'crt' | 'cer' | 'mobileconfig';
  steps: readonly string[];
  /** Whether a browser that sends this `User-Agent` runs on it. */
  sends(userAgent: string): boolean;
}

const isApplePhone = (agent: string) => /iPhone|iPad|iPod/.test(agent);

export const systems: readonly System[] = [
  {
    id: 'windows',
    name: 'Windows',
    file: 'cer',
    sends: (agent) => agent.includes('Windows'),
    steps: [
      'Download the file.',
      'Compare its fingerprint: open a terminal in the folder of the download and run <pre>certutil -hashfile gatehouse-ca.cer SHA256</pre>',
      'Open the file and choose <b>Install Certificate</b>, <b>Local Machine</b> (every account) or <b>Current User</b>, then <b>Place all certificates in the following store</b>, <b>Trusted Root Certification Authorities</b>.',
      'Close the browser and open it again. Edge and Chrome use this store; for Firefox see below.',
    ],
  },
  {
    id: 'macos',
    name: 'macOS',
    file: 'cer',
    sends: (agent) => agent.includes('Macintosh'),
    steps: [
      'Download the file and open it: Keychain Access asks for the keychain. Choose <b>System</b> (every account) or <b>login</b>.',
      'In Keychain Access open the certificate by a double click and compare the SHA-256 fingerprint at its end.',
      'Open <b>Trust</b>, set <b>When using this certificate</b> to <b>Always Trust</b>, close the window and confirm.',
    ],
  },
  {
    id: 'ios',
    name: 'iPhone and iPad',
    file: 'mobileconfig',
    sends: isApplePhone,
    steps: [
      'Download the profile in Safari and allow it.',
      'Open <b>Settings</b>, <b>Profile Downloaded</b>. Under <b>More Details</b> open the certificate and compare its SHA-256 fingerprint. Then choose <b>Install</b>.',
      'Open <b>Settings</b>, <b>General</b>, <b>About</b>, <b>Certificate Trust Settings</b>, and switch on the certificate of Gatehouse.',
    ],
  },
  {
    id: 'android',
    name: 'Android',
    file: 'crt',
    sends: (agent) => agent.includes('Android'),
    steps: [
      'Download the file.',
      'Open <b>Settings</b> and search for <b>CA certificate</b> (under <b>Security</b>, <b>Encryption and credentials</b>, <b>Install a certificate</b>). Choose <b>Install anyway</b> and the file.',
      'Open <b>Trusted credentials</b>, <b>User</b>, tap the certificate of Gatehouse and compare its SHA-256 fingerprint. Remove it if it differs.',
      'Chrome uses it. In Firefox open <b>Settings</b>, <b>About Firefox</b>, tap the logo five times, then <b>Secret Settings</b>, <b>Use third party CA certificates</b>.',
    ],
  },
  {
    id: 'linux',
    name: 'Linux',
    file: 'crt',
    sends: (agent) => /Linux/.test(agent) && !agent.includes('Android'),
    steps: [
      'Download the file and compare its fingerprint: <pre>openssl x509 -in gatehouse-ca.crt -noout -fingerprint -sha256</pre>',
      'For curl and other programs, on Debian and Ubuntu: <pre>sudo cp gatehouse-ca.crt /usr/local/share/ca-certificates/\nsudo update-ca-certificates</pre> On Fedora and its relatives: <pre>sudo trust anchor gatehouse-ca.crt</pre>',
      'For Chromium and Chrome (package <code>libnss3-tools</code>, or <code>nss-tools</code>), then close the browser and open it again: <pre>certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n Gatehouse -i gatehouse-ca.crt</pre>',
    ],
  },
  {
    id: 'firefox',
    name: 'Firefox on a computer',
    file: 'crt',
    sends: (agent) => agent.includes('Firefox') && !agent.includes('Android'),
    steps: [
      'Download the file.',
      'Open <b>Settings</b>, <b>Privacy &amp; Security</b>, <b>View Certificates</b>, <b>Authorities</b>, <b>Import</b>, and choose the file.',
      'Choose <b>View</b> and compare the SHA-256 fingerprint. Then select <b>Trust this CA to identify websites</b>.',
    ],
  },
];
