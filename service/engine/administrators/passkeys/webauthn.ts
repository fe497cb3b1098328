/** The library of WebAuthn, read with the first passkey: its certificates and encodings would be a part of each start. */
export const webauthn = () => import('@simplewebauthn/server');
export const encodings = () => import('@simplewebauthn/server/helpers');
