/** One operating system or browser: which file it takes, and the steps. Steps are HTML; nothing in them comes from a request. */
export interface System {
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
