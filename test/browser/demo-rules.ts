type Operate = (method: string, path: string, body?: unknown) => Promise<unknown>;

/** An own profile, `front-desk`. */
async function setFrontDesk(operate: Operate, falseMatchRate: number, quality: object = {}): Promise<void> {
  const { definition } = (await operate('GET', '/profiles/default')) as {
    definition: { checks: Record<string, object> };
  };
  await operate('PUT', '/profiles/front-desk', {
    ...definition,
    name: 'Front desk',
    description: 'For the counters, where an employee is present.',
    checks: { ...definition.checks, faceQuality: { ...definition.checks.faceQuality, ...quality } },
    match: { falseMatchRate, falseIdentificationRate: 0.01 },
  });
}

/** Before people are verified. */
export const beginRules = (operate: Operate): Promise<void> => setFrontDesk(operate, 0.01);

/** Afterwards: stricter settings, which would have refused three of them; a flow that is published and was changed since, and a draft. The id of the first. */
export async function finishRules(operate: Operate): Promise<string> {
  await setFrontDesk(operate, 2e-5, { threshold: 0.95, hardFail: true });
  await operate('PATCH', '/organization', { redirectTargets: ['app.nordlys.example', 'nordlys:'] });
  const visitors = {
    name: 'Visitors',
    product: 'verifyhuman',
    texts: { title: 'Welcome to Nordlys Bank' },
    translations: { de: { title: 'Willkommen bei der Nordlys Bank' } },
    redirects: { success: 'https://app.nordlys.example/done' },
  };
  const { id } = (await operate('POST', '/flows', visitors)) as { id: string };
  await operate('POST', `/flows/${id}/publish`);
  await operate('PUT', `/flows/${id}`, { ...visitors, redirects: { success: 'nordlys://done' } });
  await operate('POST', '/flows', {
    name: 'Age at the counter',
    product: 'verifyage',
    texts: {},
    redirects: {},
  });
  return id;
}
