import type { paths } from '../../sdk/admin/paths.ts';

// What the OpenAPI document says of an operation, by its method and path.

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
type Calls = {
  [Path in keyof paths]: {
    [M in Method]: paths[Path] extends Record<Lowercase<M>, object> ? `${M} ${Path}` : never;
  }[Method];
};
/** `GET /api/admin/sites`. */
export type Call = Calls[keyof paths];
type Operation<C extends Call> = C extends `${infer M extends Method} ${infer Path extends keyof paths}`
  ? paths[Path] extends Record<Lowercase<M>, infer One>
    ? One
    : never
  : never;

type Json<Response> = Response extends { content: { 'application/json': infer Data } } ? Data : undefined;
export type Reply<C extends Call> =
  Operation<C> extends { responses: infer All } ? Json<All[keyof All & (200 | 201 | 202)]> : never;
export type Item<C extends Call> = Reply<C> extends { items: (infer One)[] } ? One : never;
type Part<Found> = [NonNullable<Found>] extends [never] ? unknown : NonNullable<Found>;
type Query<C extends Call> =
  Operation<C> extends { parameters: { query?: infer Found } } ? Part<Found> : unknown;
type Body<C extends Call> =
  Operation<C> extends { requestBody?: infer Found }
    ? Part<Found> extends { content: { 'application/json': infer Data } }
      ? Data
      : unknown
    : unknown;
export type PathValues<C extends Call> =
  Operation<C> extends { parameters: { path?: infer Found } } ? Part<Found> : unknown;
/** What a call takes beside the organization, the world and the page: fields of the body, or of the query where there is none. */
export type Fields<C extends Call> = Body<C> & Omit<Query<C>, 'organization' | 'env' | 'limit' | 'cursor'>;

export type Some<Of> = { [K in keyof Of]?: Of[K] | undefined };

export type On = 'org' | 'world' | undefined;
/** As the operation takes it. */
export type OnOf<C extends Call> =
  Operation<C> extends { parameters: { query?: infer Found } }
    ? [NonNullable<Found>] extends [never]
      ? undefined
      : 'env' extends keyof NonNullable<Found>
        ? 'world'
        : 'organization' extends keyof NonNullable<Found>
          ? 'org'
          : undefined
    : undefined;
