import { isCheckout } from '../../lib/installation.ts';

/** Message for an incomplete installation, or one for another machine; undefined for any other error. */
export function explainImportFailure(error: unknown): string | undefined {
  const { code, message } = error as NodeJS.ErrnoException;
  const [reason] = String(message).split('\n');
  switch (code) {
    case 'ERR_MODULE_NOT_FOUND':
    case 'MODULE_NOT_FOUND':
      return `The installation of Gatehouse is not whole (${reason}). ${isCheckout ? 'In its folder run "npm install" again and read what it prints.' : 'Install it again.'}`;
    case 'ERR_DLOPEN_FAILED':
      return (
        `A package of Gatehouse was built for another machine or another Node.js than this ${process.platform} ${process.arch} with ` +
        `Node.js ${process.versions.node} (${reason}). ${isCheckout ? 'Remove the folder node_modules and run "npm install" on this machine.' : 'Install the package for this machine.'}`
      );
    default:
      return undefined;
  }
}
