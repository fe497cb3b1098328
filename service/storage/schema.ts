import type { ColumnType } from 'kysely';

/**
 * The tables, the same on SQLite and PostgreSQL. Times are integer milliseconds since 1970 (bigint on PostgreSQL, read
 * back as number), truth values are 0 or 1, JSON is text, `*_sealed` is AES-256-GCM under the person's key (sealed.ts).
 */
type Bytes = ColumnType<Uint8Array, Uint8Array, Uint8Array>;

export interface Schema {
  organization: {
    id: string;
    name: string;
    created_at: number;
    /** Live verifications may run without PAD; recorded with who and when in `audit`. */
    match_only: number;
    /** 'off' | 'warn' | 'block': what happens when a face already belongs to another e-mail. */
    uniqueness_policy: string;
    /** 'attested' | 'with-call': whether consent must come with each enrollment. */
    consent_policy: string;
  };
  api_key: {
    id: string;
    organization: string;
    name: string;
    prefix: string;
    world: string;
    /** SHA-256 of the whole key, hex. */
    secret_hash: string;
    /** Last four characters, to recognize it in a list. */
    hint: string;
    scopes: string;
    origins: string;
    browser: number;
    lineage: string;
    created_at: number;
    expires_at: number | null;
    revoked_at: number | null;
    last_used_at: number | null;
    last_used_address: string | null;
  };
  site: {
    id: string;
    organization: string;
    name: string;
    cidr: string;
    country: string;
    latitude: number;
    longitude: number;
    time_zone: string;
    created_at: number;
  };
  profile: {
    id: string;
    organization: string;
    slug: string;
    version: number;
    definition: string;
    created_at: number;
    created_by: string;
    /** When the organization put its own versions of this slug away. Verifications name them still. */
    removed_at: number | null;
  };
  subject: {
    id: string;
    organization: string;
    world: string;
    /** Keyed hash of the normalized address; unique per organization and world. Null once erased or never given. */
    email_hash: string | null;
    email_sealed: Bytes | null;
    name_sealed: Bytes | null;
    created_at: number;
    updated_at: number;
  };
  template: {
    id: string;
    organization: string;
    world: string;
    subject: string;
    /** One picture makes one template per embedder; they share the enrollment. */
    enrollment: string;
    embedder: string;
    /** SHA-256 of the model file: templates of different files are never compared. */
    embedder_sha256: string;
    vector_sealed: Bytes;
    /** The caller's mark of the picture, so that the same one is not enrolled twice. */
    mark_sealed: Bytes | null;
    quality: number;
    created_at: number;
  };
  consent: {
    id: string;
    organization: string;
    subject: string;
    text_version: string;
    purposes: string;
    method: string;
    legal_basis: string;
    given_at: number;
    recorded_by: string;
  };
  verification: {
    id: string;
    organization: string;
    world: string;
    subject: string | null;
    /** '1:1' | '1:N' */
    kind: string;
    profile: string;
    profile_version: number;
    verified: number;
    reason: string | null;
    confidence: number;
    composite: number;
    assurance: string;
    checks: string;
    models: string;
    timing: string;
    actor: string;
    created_at: number;
    /** Sealed under the subject's key, only when it was recognized and verified. */
    place_sealed: Bytes | null;
    device_sealed: Bytes | null;
    probe_sealed: Bytes | null;
  };
  model_setting: {
    model: string;
    enabled: number;
    accepted_licence_doubt: number;
    set_by: string;
    set_at: number;
  };
  audit: {
    id: string;
    organization: string | null;
    actor: string;
    action: string;
    target: string | null;
    outcome: string;
    request: string | null;
    details: string;
    at: number;
  };
}
