import { X509Certificate } from 'node:crypto';
import type { FastifyPluginAsync, FastifyReply } from 'fastify';
import { Problem } from '../../lib/problem.ts';
import { mobileconfig } from './mobileconfig.ts';
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
      .headers({ 'content-security-policy': trustPagePolicy, vary: 'user-agent' })
      .type('text/html; charset=utf-8')
      .send(html);
  return async (app) => {
    app.get('/trust', open, async (request, reply) =>
      authority() === undefined
        ? page(reply.code(404), nothingToTrustPage)
        : page(
            reply,
            await trustPage(request.headers['user-agent'] ?? '', {
              protocol: request.protocol,
              host: request.host,
            }),
          ),
    );
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
