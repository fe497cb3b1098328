export interface Verdict {
  status: number;
  verified?: boolean;
  email?: string;
  profile?: { slug: string; version: number };
}

/** What `POST /api/verify` answers. */
export async function verifyPicture(
  url: string,
  key: string,
  picture: Buffer,
  fields: { email?: string; profile?: string } = {},
): Promise<Verdict> {
  const reply = await fetch(`${url}/api/verify`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': key },
    body: JSON.stringify({ image: picture.toString('base64'), ...fields }),
  });
  return { status: reply.status, ...((await reply.json()) as Omit<Verdict, 'status'>) };
}
