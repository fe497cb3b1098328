import { createHash } from 'node:crypto';
import { escapeHtml, type Language } from '../../http/pages/plain-page.ts';

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

interface Asked {
  userAgent: string;
  language: Language;
  protocol: string;
  host: string;
}

/** Opens the steps of the system that sends `userAgent`. `protocol` and `host`: where the page was asked for. */
export async function trustPage(asked: Asked): Promise<string> {
  const { userAgent, language } = asked;
  const own = systems.findLast(({ sends }) => sends(userAgent));
  const t = texts[language];
  return document(
    language,
    t.title,
    `${t.lead.map((line, at) => `<p${at === 0 ? '' : ' class="muted"'}>${line}</p>`).join('\n')}
<section class="compare">
<h2>${t.compareFirst}</h2>
<p>${t.compare}</p>
</section>
${systems.map((system) => section(system, language, system === own)).join('\n')}
${await otherDevice(asked)}
<p class="muted">${t.files}: <a href="/trust/gatehouse-ca.crt">PEM</a>, <a href="/trust/gatehouse-ca.cer">DER</a>, <a href="/trust/gatehouse-ca.mobileconfig">${t.profile}</a>.</p>`,
  );
}

export const nothingToTrustPage = (language: Language): string =>
  document(language, texts[language].nothing, `<p>${texts[language].nothingText}</p>`);

const texts = {
  en: {
    title: 'Trust this Gatehouse',
    lead: [
      'This appliance made its own certificate. Browsers warn until this device trusts the appliance’s certificate authority; passkeys work only after that.',
      'The authority can vouch for this appliance’s names and for addresses of its network, and for nothing else.',
    ],
    compareFirst: 'Compare the fingerprint first',
    compare:
      'The file comes over your network, and so could a forged one. Its SHA-256 fingerprint must be the one on the appliance’s own screen: there, run <code>gatehouse certificate show</code>, or ask the administrator. This page does not show it, because an attacker who forges the file can forge the page.',
    download: 'Download for',
    files: 'All files hold the same certificate',
    profile: 'Apple profile',
    other: 'Another device',
    otherText: 'Open this page there: point its camera at the code, or type',
    code: 'QR code with the address of this page',
    nothing: 'Nothing to install',
    nothingText:
      'This appliance does not use a certificate of its own authority: this device trusts it already, or has to trust the authority of your organization. If the browser warns, ask your administrator.',
  },
  de: {
    title: 'Diesem Gatehouse vertrauen',
    lead: [
      'Dieses Gerät hat sein Zertifikat selbst ausgestellt. Browser warnen, bis Ihr Gerät dieser Zertifizierungsstelle vertraut; erst danach funktionieren Passkeys.',
      'Die Zertifizierungsstelle kann nur für die Namen dieses Geräts und für Adressen seines Netzes bürgen, für nichts anderes.',
    ],
    compareFirst: 'Zuerst den Fingerabdruck vergleichen',
    compare:
      'Die Datei kommt über Ihr Netz, und so käme auch eine gefälschte. Ihr SHA-256-Fingerabdruck muss der sein, den das Gerät selbst anzeigt: Führen Sie dort <code>gatehouse certificate show</code> aus, oder fragen Sie Ihre Administration. Diese Seite zeigt ihn nicht: Wer die Datei fälscht, kann auch die Seite fälschen.',
    download: 'Herunterladen für',
    files: 'Alle Dateien enthalten dasselbe Zertifikat',
    profile: 'Apple-Profil',
    other: 'Ein anderes Gerät',
    otherText: 'Öffnen Sie diese Seite dort: Richten Sie seine Kamera auf den Code, oder geben Sie ein:',
    code: 'QR-Code mit der Adresse dieser Seite',
    nothing: 'Nichts zu installieren',
    nothingText:
      'Das Zertifikat stammt nicht von einer eigenen Zertifizierungsstelle dieses Geräts: Ihr Gerät vertraut ihm schon, oder es muss der Zertifizierungsstelle Ihrer Organisation vertrauen. Warnt der Browser, fragen Sie Ihre Administration.',
  },
} as const;

/** The address of the page for a camera; nothing where only this machine reaches it. A proxy may pass on what a caller said. */
async function otherDevice({ language, protocol, host }: Asked): Promise<string> {
  if (/^(localhost|127\.[\d.]+|\[::1\])(:\d+)?$/i.test(host)) return '';
  // Read with the first request of this page: it would be a part of each start.
  const { default: qrcode } = await import('qrcode');
  const svg = await qrcode.toString(`${protocol}://${host}/trust`, { type: 'svg', margin: 4 });
  const { other, otherText, code } = texts[language];
  return `<section class="other">
${svg.replace(/ xmlns="[^"]*"/, ` role="img" aria-label="${code}"`)}
<div>
<h2>${other}</h2>
<p>${otherText} <code>${escapeHtml(host)}/trust</code></p>
</div>
</section>`;
}

const section = ({ id, file, ...system }: System, language: Language, open: boolean): string => {
  const { name, steps } = system[language];
  return `<details id="${id}"${open ? ' open' : ''}>
<summary>${name}</summary>
<div class="steps">
<a class="button" href="/trust/gatehouse-ca.${file}">${texts[language].download} ${name}</a>
<ol>
${steps.map((step) => `<li>${step}</li>`).join('\n')}
</ol>
</div>
</details>`;
};

const document = (language: Language, title: string, body: string): string => `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Gatehouse</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${title}</h1>
${body}
</main>
</body>
</html>
`;

/** One operating system or browser: which file it takes, and the steps. Steps are HTML; nothing in them comes from a request. */
interface System extends Record<Language, { name: string; steps: readonly string[] }> {
  id: string;
  file: 'crt' | 'cer' | 'mobileconfig';
  /** Whether a browser that sends this `User-Agent` runs on it. */
  sends(userAgent: string): boolean;
}

const isApplePhone = (agent: string) => /iPhone|iPad|iPod/.test(agent);

export const systems: readonly System[] = [
  {
    id: 'windows',
    file: 'cer',
    sends: (agent) => agent.includes('Windows'),
    en: {
      name: 'Windows',
      steps: [
        'Download the file.',
        'Compare its fingerprint: open a terminal in the folder of the download and run <pre>certutil -hashfile gatehouse-ca.cer SHA256</pre>',
        'Open the file and choose <b>Install Certificate</b>, <b>Local Machine</b> (every account) or <b>Current User</b>, then <b>Place all certificates in the following store</b>, <b>Trusted Root Certification Authorities</b>.',
        'Close the browser and open it again. Edge and Chrome use this store; for Firefox see below.',
      ],
    },
    de: {
      name: 'Windows',
      steps: [
        'Laden Sie die Datei herunter.',
        'Vergleichen Sie ihren Fingerabdruck: Öffnen Sie ein Terminal im Ordner der Downloads und führen Sie aus: <pre>certutil -hashfile gatehouse-ca.cer SHA256</pre>',
        'Öffnen Sie die Datei und wählen Sie <b>Zertifikat installieren</b>, <b>Lokaler Computer</b> (alle Konten) oder <b>Aktueller Benutzer</b>, dann <b>Alle Zertifikate in folgendem Speicher speichern</b>, <b>Vertrauenswürdige Stammzertifizierungsstellen</b>.',
        'Schließen Sie den Browser und öffnen Sie ihn neu. Edge und Chrome verwenden diesen Speicher; für Firefox siehe unten.',
      ],
    },
  },
  {
    id: 'macos',
    file: 'cer',
    sends: (agent) => agent.includes('Macintosh'),
    en: {
      name: 'macOS',
      steps: [
        'Download the file and open it: Keychain Access asks for the keychain. Choose <b>System</b> (every account) or <b>login</b>.',
        'In Keychain Access open the certificate by a double click and compare the SHA-256 fingerprint at its end.',
        'Open <b>Trust</b>, set <b>When using this certificate</b> to <b>Always Trust</b>, close the window and confirm.',
      ],
    },
    de: {
      name: 'macOS',
      steps: [
        'Laden Sie die Datei herunter und öffnen Sie sie: Die Schlüsselbundverwaltung fragt nach dem Schlüsselbund. Wählen Sie <b>System</b> (alle Konten) oder <b>Anmeldung</b>.',
        'Öffnen Sie das Zertifikat in der Schlüsselbundverwaltung mit einem Doppelklick und vergleichen Sie den SHA-256-Fingerabdruck am Ende.',
        'Öffnen Sie <b>Vertrauen</b>, stellen Sie <b>Bei Verwendung dieses Zertifikats</b> auf <b>Immer vertrauen</b>, schließen Sie das Fenster und bestätigen Sie.',
      ],
    },
  },
  {
    id: 'ios',
    file: 'mobileconfig',
    sends: isApplePhone,
    en: {
      name: 'iPhone and iPad',
      steps: [
        'Download the profile in Safari and allow it.',
        'Open <b>Settings</b>, <b>Profile Downloaded</b>. Under <b>More Details</b> open the certificate and compare its SHA-256 fingerprint. Then choose <b>Install</b>.',
        'Open <b>Settings</b>, <b>General</b>, <b>About</b>, <b>Certificate Trust Settings</b>, and switch on the certificate of Gatehouse.',
      ],
    },
    de: {
      name: 'iPhone und iPad',
      steps: [
        'Laden Sie das Profil in Safari und lassen Sie es zu.',
        'Öffnen Sie <b>Einstellungen</b>, <b>Profil geladen</b>. Öffnen Sie unter <b>Mehr Details</b> das Zertifikat und vergleichen Sie seinen SHA-256-Fingerabdruck. Wählen Sie dann <b>Installieren</b>.',
        'Öffnen Sie <b>Einstellungen</b>, <b>Allgemein</b>, <b>Info</b>, <b>Zertifikatsvertrauenseinstellungen</b>, und schalten Sie das Zertifikat von Gatehouse ein.',
      ],
    },
  },
  {
    id: 'android',
    file: 'crt',
    sends: (agent) => agent.includes('Android'),
    en: {
      name: 'Android',
      steps: [
        'Download the file.',
        'Open <b>Settings</b> and search for <b>CA certificate</b> (under <b>Security</b>, <b>Encryption and credentials</b>, <b>Install a certificate</b>). Choose <b>Install anyway</b> and the file.',
        'Open <b>Trusted credentials</b>, <b>User</b>, tap the certificate of Gatehouse and compare its SHA-256 fingerprint. Remove it if it differs.',
        'Chrome uses it. In Firefox open <b>Settings</b>, <b>About Firefox</b>, tap the logo five times, then <b>Secret Settings</b>, <b>Use third party CA certificates</b>.',
      ],
    },
    de: {
      name: 'Android',
      steps: [
        'Laden Sie die Datei herunter.',
        'Öffnen Sie <b>Einstellungen</b> und suchen Sie nach <b>CA-Zertifikat</b> (unter <b>Sicherheit</b>, <b>Verschlüsselung und Anmeldedaten</b>, <b>Zertifikat installieren</b>). Wählen Sie <b>Trotzdem installieren</b> und die Datei.',
        'Öffnen Sie <b>Vertrauenswürdige Anmeldedaten</b>, <b>Nutzer</b>, tippen Sie auf das Zertifikat von Gatehouse und vergleichen Sie seinen SHA-256-Fingerabdruck. Weicht er ab, entfernen Sie es.',
        'Chrome verwendet es. In Firefox öffnen Sie <b>Einstellungen</b>, <b>Über Firefox</b>, tippen fünfmal auf das Logo, dann <b>Secret Settings</b>, <b>Use third party CA certificates</b>.',
      ],
    },
  },
  {
    id: 'linux',
    file: 'crt',
    sends: (agent) => /Linux/.test(agent) && !agent.includes('Android'),
    en: {
      name: 'Linux',
      steps: [
        'Download the file and compare its fingerprint: <pre>openssl x509 -in gatehouse-ca.crt -noout -fingerprint -sha256</pre>',
        'For curl and other programs, on Debian and Ubuntu: <pre>sudo cp gatehouse-ca.crt /usr/local/share/ca-certificates/\nsudo update-ca-certificates</pre> On Fedora and its relatives: <pre>sudo trust anchor gatehouse-ca.crt</pre>',
        'For Chromium and Chrome (package <code>libnss3-tools</code>, or <code>nss-tools</code>), then close the browser and open it again: <pre>certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n Gatehouse -i gatehouse-ca.crt</pre>',
      ],
    },
    de: {
      name: 'Linux',
      steps: [
        'Laden Sie die Datei herunter und vergleichen Sie ihren Fingerabdruck: <pre>openssl x509 -in gatehouse-ca.crt -noout -fingerprint -sha256</pre>',
        'Für curl und andere Programme, auf Debian und Ubuntu: <pre>sudo cp gatehouse-ca.crt /usr/local/share/ca-certificates/\nsudo update-ca-certificates</pre> Auf Fedora und Verwandten: <pre>sudo trust anchor gatehouse-ca.crt</pre>',
        'Für Chromium und Chrome (Paket <code>libnss3-tools</code> oder <code>nss-tools</code>), danach den Browser schließen und neu öffnen: <pre>certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n Gatehouse -i gatehouse-ca.crt</pre>',
      ],
    },
  },
  {
    id: 'firefox',
    file: 'crt',
    sends: (agent) => agent.includes('Firefox') && !agent.includes('Android'),
    en: {
      name: 'Firefox on a computer',
      steps: [
        'Download the file.',
        'Open <b>Settings</b>, <b>Privacy &amp; Security</b>, <b>View Certificates</b>, <b>Authorities</b>, <b>Import</b>, and choose the file.',
        'Choose <b>View</b> and compare the SHA-256 fingerprint. Then select <b>Trust this CA to identify websites</b>.',
      ],
    },
    de: {
      name: 'Firefox auf einem Computer',
      steps: [
        'Laden Sie die Datei herunter.',
        'Öffnen Sie <b>Einstellungen</b>, <b>Datenschutz &amp; Sicherheit</b>, <b>Zertifikate anzeigen</b>, <b>Zertifizierungsstellen</b>, <b>Importieren</b>, und wählen Sie die Datei.',
        'Wählen Sie <b>Ansehen</b> und vergleichen Sie den SHA-256-Fingerabdruck. Wählen Sie dann <b>Dieser CA vertrauen, um Websites zu identifizieren</b>.',
      ],
    },
  },
];
