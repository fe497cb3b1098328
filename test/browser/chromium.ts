import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright';

export const chromiumPath = ['/usr/bin/chromium', '/usr/bin/google-chrome'].find((path) => existsSync(path));
const isBuilt = existsSync(join(import.meta.dirname, '../../dist/renderer/console/index.html'));

/** Why no page can be tried here; undefined: it can. */
export const missing =
  chromiumPath === undefined
    ? 'there is no Chromium (apt-get install -y --no-install-recommends chromium fonts-dejavu-core)'
    : isBuilt
      ? undefined
      : 'the pages are not built (npm run build:renderer)';
/** Behind the name of a test: why it was skipped. */
export const why = missing === undefined ? '' : `: ${missing}`;

const unseen = [
  '--disable-blink-features=AutomationControlled',
  '--disable-renderer-backgrounding',
  '--disable-backgrounding-occluded-windows',
];

export interface ChromiumOptions {
  /** What starts Chromium, where it does not run as every program here does. */
  program?: string;
  /** A y4m file that is shown as the camera. */
  camera?: string;
  /** The browser asks before it gives the camera; else it gives it to every page. */
  asks?: true;
  /** Where Chromium finds the certificates that it trusts (`.pki/nssdb`). */
  home?: string;
  /** Names that are this machine. */
  names?: string;
  /** `navigator.webdriver` says nothing, as with every program that wants to pass for a person; and no page waits behind another. */
  hidesAutomation?: true;
}

export function openChromium({
  program = chromiumPath,
  camera,
  asks,
  home,
  names,
  hidesAutomation,
}: ChromiumOptions = {}): Promise<Browser> {
  return chromium.launch({
    executablePath: program!,
    ...(home !== undefined && { env: { ...process.env, HOME: home } as Record<string, string> }),
    args: [
      '--no-sandbox',
      ...(hidesAutomation ? unseen : []),
      ...(names === undefined ? [] : [`--host-resolver-rules=MAP ${names} 127.0.0.1`]),
      ...(camera === undefined
        ? []
        : [
            '--use-fake-device-for-media-stream',
            ...(asks ? [] : ['--use-fake-ui-for-media-stream']),
            `--use-file-for-fake-video-capture=${camera}`,
          ]),
    ],
  });
}

/**
 * What no page may do, collected from now on: ask another host than these, run into its own policy, break. A host has its port with it.
 */
export async function watchPages(context: BrowserContext, hosts: readonly string[]): Promise<string[]> {
  const faults: string[] = [];
  const check = (url: string) => {
    const { protocol, host } = new URL(url);
    if (!['data:', 'blob:'].includes(protocol) && !hosts.includes(host))
      faults.push(`asked another host: ${url}`);
  };
  context.on('request', (request) => check(request.url()));
  context.on('weberror', (error) => faults.push(`broke: ${error.error().message}`));
  context.on('page', (page) => page.on('websocket', (socket) => check(socket.url())));
  await context.exposeFunction('reportViolation', (text: string) => faults.push(text));
  await context.addInitScript({
    content: `addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) =>
      reportViolation('against the policy: ' + effectiveDirective + ' ' + blockedURI));`,
  });
  return faults;
}

export interface Authenticator {
  /** The names that its passkeys belong to. */
  names(): Promise<(string | undefined)[]>;
  /** Whether it recognizes its person from now on. */
  recognize(does: boolean): Promise<void>;
}

/** The authenticator of a device that recognizes its person: makes passkeys and gives them without a touch. */
export async function addAuthenticator(page: Page): Promise<Authenticator> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('WebAuthn.enable');
  const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return {
    async names() {
      const { credentials } = await devtools.send('WebAuthn.getCredentials', { authenticatorId });
      return credentials.map(({ rpId }) => rpId);
    },
    async recognize(isUserVerified) {
      await devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified });
    },
  };
}
