import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { readSettings, recordSettings } from '../../data-directory/database-location.ts';
import { writeDurably } from '../../lib/durable-file.ts';
import { createRecurring } from '../../lib/recurring.ts';
import { createApplianceSecret } from '../../storage/keys/appliance-secret.ts';
import type { Foundation } from '../foundation.ts';

/** What every node of a service is reached by. */
const Settings = z.object({
  hostName: z.string().nullable(),
  /** The installed certificate, and the open request of one, each with its key, PEM. */
  installed: z.string().nullable(),
  request: z.string().nullable(),
});
type Settings = z.output<typeof Settings>;

/** Lie sealed in the key store, where several nodes serve together; each node's files are copies. */
export interface SharedSettings {
  /** Makes the files of this node those of the service, or those of the service this node's where it is the first. */
  follow(): Promise<{ isOtherCertificate: boolean }>;
  /** After the files of this node were changed: so are those of the others. */
  publish(): Promise<void>;
}

/** Undefined for a service that shares with none: its files are all there is. */
export function createSharedSettings(deps: SharedSettingsDeps): SharedSettings | undefined {
  const { node, vault, config, boxCertificate, log } = deps;
  if (!node) return undefined;
  const { installed, request } = boxCertificate.paths;
  const secret = createApplianceSecret('service/settings', vault);
  const publish = () => secret.save({ secret: Buffer.from(JSON.stringify(settingsHere(deps))), details: '' });
  return {
    publish,
    async follow() {
      const found = await secret.load();
      if (!found) {
        await publish();
        return { isOtherCertificate: false };
      }
      const kept = Settings.parse(JSON.parse(Buffer.from(found.secret).toString()));
      const here = settingsHere(deps);
      if (kept.hostName !== here.hostName) {
        recordSettings(config.data, { hostName: kept.hostName });
        log.warn(
          { was: here.hostName, is: kept.hostName },
          'the name of the service was changed at another node: restart this one to use it',
        );
      }
      if (kept.request !== here.request) writeText(request, kept.request);
      const isOtherCertificate = kept.installed !== here.installed;
      if (isOtherCertificate) {
        writeText(installed, kept.installed);
        log.info({ removed: kept.installed === null }, 'the certificate was changed at another node');
      }
      return { isOtherCertificate };
    },
  };
}

type SharedSettingsDeps = Pick<Foundation, 'node' | 'vault' | 'config' | 'boxCertificate' | 'log'>;

function settingsHere({ config, boxCertificate }: SharedSettingsDeps): Settings {
  const { installed, request } = boxCertificate.paths;
  return {
    hostName: (readSettings(config.data).hostName as string | undefined) ?? null,
    installed: textOf(installed),
    request: textOf(request),
  };
}

const textOf = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : null);

function writeText(path: string, text: string | null): void {
  if (text === null) rmSync(path, { force: true });
  else {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeDurably(path, text);
  }
}

/** Milliseconds until a node has what was changed at another. */
const FOLLOWED_EVERY = 60_000;

/** Before the certificate is loaded, and from then on. Another name is used after the next start. */
export async function followSharedSettings(
  { log, opened, certificate }: Pick<Foundation, 'log' | 'opened' | 'certificate'>,
  shared: SharedSettings | undefined,
): Promise<void> {
  if (!shared) return;
  await shared.follow();
  const recurring = createRecurring({ log });
  recurring.every('settings of the service', FOLLOWED_EVERY, async () => {
    if ((await shared.follow()).isOtherCertificate) await certificate?.reload();
  });
  opened.defer(() => recurring.stop());
}
