import {
  browserSupportsWebAuthn,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  startAuthentication,
  startRegistration,
} from '@simplewebauthn/browser';

/** Why passkeys cannot work where the page was opened; undefined: they can. */
export function passkeyObstacle(
  host = location.hostname,
  supported = window.isSecureContext && browserSupportsWebAuthn(),
): 'ip-address' | 'unsupported' | undefined {
  if (/^\d+(\.\d+){3}$/.test(host) || host.includes(':')) return 'ip-address';
  return supported ? undefined : 'unsupported';
}

/** Options arrive as they are, or in a field `options`. */
const optionsOf = (reply: unknown): unknown =>
  typeof reply === 'object' && reply !== null && 'options' in reply ? reply.options : reply;

/** Asks the browser for a passkey. The box parses what comes back. */
export const askForPasskey = (options: unknown) =>
  startAuthentication({ optionsJSON: optionsOf(options) as PublicKeyCredentialRequestOptionsJSON });

export const createPasskey = (options: unknown) =>
  startRegistration({ optionsJSON: optionsOf(options) as PublicKeyCredentialCreationOptionsJSON });
