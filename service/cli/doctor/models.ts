import { RELEASE_KEYS } from '../../release/release-keys.ts';
import type { FileSignature } from '../../release/signed-file.ts';
import { signatureBeside } from '../../release/signed-file.ts';
import type { Finding } from './checks.ts';

/** The signature of the manifest that names every model by its hash. A checkout has none. */
export function checkManifestSignature(found: FileSignature, file: string): Finding {
  const what = 'model manifest';
  switch (found.is) {
    case 'signed':
      return { what, state: 'ok', found: `signed by key ${found.keyId} (${found.comment})` };
    case 'unsigned':
      return {
        what,
        state: 'ok',
        found: 'not signed: a checkout, or a package that was built without a key',
      };
    case 'unchecked':
      return {
        what,
        state: 'warn',
        found: `signed by key ${found.keyId}, and no public key is here to check it`,
        remedy: `Compare the public key of releases over another way, and put it into ${RELEASE_KEYS} as NAME.pub.`,
      };
    case 'refused':
      return {
        what,
        state: 'fail',
        found: `${file} does not match ${signatureBeside(file)}: ${found.why}`,
        remedy: 'Install Gatehouse again from a package whose signature is right: gatehouse update FILE',
      };
  }
}
