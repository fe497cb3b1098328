import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { readSettings, recordSettings } from '../../data-directory/database-place.ts';
import { writeDurably } from '../../lib/durable-file.ts';
import { createRecurring } from '../../lib/recurring.ts';
import { createApplianceSecret } from '../../storage/keys/appliance-secret.ts';
import type { Foundation } from '../foundation.ts';

/** What every node of a service is reached by. */
const Settings = z.object({
  hostName: z.string().nullable(),
  /** The installed certificate with its key, PEM. */
  installed: z.string().nullable(),
});
type Settings = z.output<typeof Settings>;

/** Lie sealed in the key store, where several nodes serve together; each node's files are copies. */
export interface SharedSettings {
  read(): Promise<Settings | undefined>;
  write(change: Partial<Settings>): Promise<void>;
}

/** Undefined for a service that shares with none: its files are all there is. */
export function createSharedSettings({
  node,
  vault,
  config,
  boxCertificate,
}: SharedSettingsDeps): SharedSettings | undefined {
  if (!node) return undefined;
  const secret = createApplianceSecret('service/settings', vault);
  async function read(): Promise<Settings | undefined> {
    const kept = await secret.load();
    return kept && Settings.parse(JSON.parse(Buffer.from(kept.secret).toString()));
  }
  return {
    read,
    async write(change) {
      const before = (await read()) ?? settingsHere({ config, boxCertificate });
      const next = { ...before, ...change } satisfies Settings;
      await secret.save({ secret: Buffer.from(JSON.stringify(next)), details: '' });
    },
  };
}

type SharedSettingsDeps = Pick<Foundation, 'node' | 'vault' | 'config' | 'boxCertificate'>;

function settingsHere({ config, boxCertificate }: Pick<Foundation, 'config' | 'boxCertificate'>): Settings {
  const { installed } = boxCertificate.paths;
  return {
    hostName: (readSettings(config.data).hostName as string | undefined) ?? null,
    installed: existsSync(installed) ? readFileSync(installed, 'utf8') : null,
  };
}

/** Milliseconds until a node has what was changed at another. */
const FOLLOWED_EVERY = 60_000;

/**
 * Before the certificate is loaded, and from then on: makes the files of this node those of the service, or those of the service this
 * node's where it is the first. Another name is used after the next start.
 */
export async function followSharedSettings(
  foundation: Foundation,
  shared: SharedSettings | undefined,
): Promise<void> {
  if (!shared) return;
  const { log, opened, certificate } = foundation;
  await followOnce(foundation, shared);
  const recurring = createRecurring({ log });
  recurring.every('settings of the service', FOLLOWED_EVERY, async () => {
    if (await followOnce(foundation, shared)) await certificate?.reload();
  });
  opened.defer(() => recurring.stop());
}

/** Whether another certificate is there. */
async function followOnce(
  { config, boxCertificate, log }: Pick<Foundation, 'config' | 'boxCertificate' | 'log'>,
  shared: SharedSettings,
): Promise<boolean> {
  const kept = await shared.read();
  if (!kept) {
    await shared.write({});
    return false;
  }
  const here = settingsHere({ config, boxCertificate });
  if (kept.hostName !== here.hostName) {
    recordSettings(config.data, { hostName: kept.hostName });
    log.warn(
      { was: here.hostName, is: kept.hostName },
      'the name of the service was changed at another node: restart this one to use it',
    );
  }
  if (kept.installed === here.installed) return false;
  const { installed } = boxCertificate.paths;
  if (kept.installed === null) rmSync(installed, { force: true });
  else {
    mkdirSync(dirname(installed), { recursive: true, mode: 0o700 });
    writeDurably(installed, kept.installed);
  }
  log.info({ removed: kept.installed === null }, 'the certificate was changed at another node');
  return true;
}
