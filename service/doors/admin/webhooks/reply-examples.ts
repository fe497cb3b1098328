/** Replies as a box gives them; ids and times are made up. */

export const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwPuTtHeReTrUe';

export const webhook = {
  id: 'wh_01m7w3hb8hbf355he5zqwjztdk',
  kind: 'endpoint' as const,
  family: 'identity' as const,
  url: 'https://hooks.example.org/gatehouse',
  description: 'order system',
  events: ['identity.verification.success', 'identity.verification.failure'],
  signature: 'hex' as const,
  headers: ['x-source'],
  trust: { is: 'system' as const },
  state: { is: 'enabled' as const },
  createdAt: '2026-11-20T12:00:00.000Z',
  createdBy: 'key:key_01m7w2z9c0h2rb1yq7j5t8k3nd',
};

export const catalogEntry = {
  name: 'identity.verification.failure',
  family: 'identity' as const,
  when: 'A verification attempt fails: no person recognized, a check failed, or no usable face in the picture',
  fires: true,
  sample: {
    event: 'verification.failure',
    orgId: 'org_01m7w2y4m7v3pcd0w8x9q6r5zt',
    timestamp: '2026-04-06T14:52:10.000Z',
    data: { verified: false, reason: 'Identity not recognised', confidence: 0 },
  },
};
