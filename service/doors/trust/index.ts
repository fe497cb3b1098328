import { createHash, X509Certificate } from 'node:crypto';
import type { FastifyPluginAsync, FastifyReply } from 'fastify';
import { languageAsked } from '../../http/pages/plain-page.ts';
import { Problem } from '../../lib/problem.ts';
import { nothingToTrustPage, trustPage, trustPagePolicy } from './page.ts';

export interface TrustDeps {
  /** The certificate of the box's authority (PEM), where it issued the certificate that is served. */
  authority(): string | undefined;
}

const open = { config: { access: 'public', quiet: true }, schema: { hide: true } } as const;

const files: Record<string, { type: string; of(pem: string): string | Buffer }> = {
  crt: { type: 'application/x-x509-ca-cert', of: (pem) => pem },
  cer: { type: 'application/pkix-cert', of: (pem) => new X509Certificate(pem).raw },
  mobileconfig: {
    type: 'application/x-apple-aspen-config',
    of: (pem) => mobileconfig(new X509Certificate(pem).raw),
  },
};

/** `/trust`: the certificate of the box's authority, and the steps to trust it on each system. Never its fingerprint. */
export function createTrustDoor({ authority }: TrustDeps): FastifyPluginAsync {
  const page = (reply: FastifyReply, html: string) =>
    reply
      .headers({ 'content-security-policy': trustPagePolicy, vary: 'user-agent, accept-language' })
      .type('text/html; charset=utf-8')
      .send(html);
  return async (app) => {
    app.get('/trust', open, async ({ headers, protocol, host }, reply) => {
      const language = languageAsked(headers['accept-language']);
      if (authority() === undefined) return page(reply.code(404), nothingToTrustPage(language));
      return page(
        reply,
        await trustPage({ userAgent: headers['user-agent'] ?? '', language, protocol, host }),
      );
    });
    for (const [ending, { type, of }] of Object.entries(files)) {
      app.get(`/trust/gatehouse-ca.${ending}`, open, async (_, reply) => {
        const pem = authority();
        if (pem === undefined) {
          throw new Problem('NOT_FOUND', 'The certificate of this appliance is not of its own authority.');
        }
        return reply
          .header('content-disposition', `attachment; filename="gatehouse-ca.${ending}"`)
          .type(type)
          .send(of(pem));
      });
    }
  };
}

/** A configuration profile of Apple's systems with one root certificate (DER). The same certificate gives the same profile. */
function mobileconfig(der: Uint8Array): string {
  const digest = createHash('sha256').update(der).digest('hex');
  const id = digest.slice(0, 16);
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
<key>PayloadContent</key>
<array>
<dict>
<key>PayloadType</key><string>com.apple.security.root</string>
<key>PayloadVersion</key><integer>1</integer>
<key>PayloadIdentifier</key><string>gatehouse.authority.${id}.certificate</string>
<key>PayloadUUID</key><string>${uuidOf(digest.slice(0, 32))}</string>
<key>PayloadDisplayName</key><string>Gatehouse certificate authority</string>
<key>PayloadCertificateFileName</key><string>gatehouse-ca.cer</string>
<key>PayloadContent</key><data>${Buffer.from(der).toString('base64')}</data>
</dict>
</array>
<key>PayloadType</key><string>Configuration</string>
<key>PayloadVersion</key><integer>1</integer>
<key>PayloadIdentifier</key><string>gatehouse.authority.${id}</string>
<key>PayloadUUID</key><string>${uuidOf(digest.slice(32))}</string>
<key>PayloadDisplayName</key><string>Gatehouse</string>
<key>PayloadDescription</key><string>Lets this device trust a Gatehouse appliance in your network.</string>
<key>PayloadRemovalDisallowed</key><false/>
</dict>
</plist>
`;
}

const uuidOf = (hex: string): string =>
  hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5').toUpperCase();

/**
 * Redirects every GET to HTTPS. Register it on a server that checks `Host` against the names of the box: it redirects to no other.
 * Other methods are refused: what they carried was readable on the way already.
 */
export function createRedirectDoor({ port }: { port: () => number }): FastifyPluginAsync {
  return async (app) => {
    app.get('/*', { config: { access: 'public', quiet: true }, schema: { hide: true } }, (request, reply) => {
      const host = (request.headers.host ?? '').replace(/:\d*$/, '');
      const to = port() === 443 ? host : `${host}:${port()}`;
      const path = request.raw.url?.startsWith('/') ? request.raw.url : '/';
      // Not a permanent one, which a browser would keep when the port changes.
      return reply.redirect(`https://${to}${path}`, 307);
    });
  };
}
