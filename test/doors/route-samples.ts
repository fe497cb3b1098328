/** Whose data must stay unread and unchanged. */
export interface Victim {
  email: string;
  name: string;
  /** Base64 of a picture that shows them, newly taken. */
  picture(): string;
}

export interface RouteSample {
  /** What is asked, where a route can be asked in several ways. */
  asks?: string;
  /** A request that would read or change the victim's data, if it came from the right key. `url` with its parameters filled in. */
  request(victim: Victim): { url: string; payload?: object };
  /** What the right key is answered; `tells` stands in the answer, which proves that the sample reaches the data. */
  owner: { status: number; tells?: (victim: Victim) => string };
  /** What another organization's valid key and the owner's key of the other world are answered. */
  foreign: { status: number; code?: string; body?: Record<string, unknown> };
}

/**
 * One entry or more for each route that asks for a key, by method and pattern. `every-route.test.ts` finds the routes by
 * itself and fails for one that has no sample here.
 */
export const routeSamples: Record<string, RouteSample[]> = {
  'POST /api/verify': [
    {
      asks: '1:1',
      request: ({ email, picture }) => ({ url: '/api/verify', payload: { email, image: picture() } }),
      owner: { status: 200, tells: ({ email }) => email },
      foreign: { status: 200, body: { verified: false } },
    },
    {
      asks: '1:N',
      request: ({ picture }) => ({ url: '/api/verify', payload: { image: picture() } }),
      owner: { status: 200, tells: ({ email }) => email },
      foreign: { status: 200, body: { verified: false } },
    },
  ],
  'POST /api/enroll': [
    {
      // An enrollment makes a person of the caller's own, under whatever address.
      request: ({ email, picture }) => ({ url: '/api/enroll', payload: { email, image: picture() } }),
      owner: { status: 200 },
      foreign: { status: 200, body: { created: true, enrollments: 1 } },
    },
  ],
};
