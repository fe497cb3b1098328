import type { ColumnType, Generated } from 'kysely';

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
    /** JSON: terms in days; empty means the defaults (engine/consent). */
    retention: Generated<string>;
    /** JSON: quota, burst and trial of the organization; empty means none of its own (engine/limits). */
    limits: Generated<string>;
    /** JSON: the consent that the organization attests for people without one of their own; null: none yet. */
    attestation: Generated<string | null>;
    /** JSON: slugs of the profiles that callers may name; null: its own, and built-in ones it has not replaced. */
    allowed_profiles: Generated<string | null>;
    /** When its people and secrets were erased; the empty organization stays. Null: in use. */
    erased_at: Generated<number | null>;
    /** 1: two administrators have to agree on a review. */
    two_person_review: Generated<number>;
    /** What people read before they sign in; null: nothing. */
    sign_in_notice: Generated<string | null>;
    /** JSON: where hosted flows may lead back to; null: nowhere. */
    redirect_targets: Generated<string | null>;
    /** 1: a second administrator has to confirm what erases or exports. */
    four_eyes: Generated<number>;
    /** JSON: how far the assistant has come; null: the organization was made without it. */
    setup_steps: Generated<string | null>;
    /** In which the consent text is shown first; null: the language of the reader. */
    consent_language: Generated<string | null>;
    /** 1: administrators may sign in by face beside the password. */
    face_factor: Generated<number>;
    /** `#rrggbb`; null: none. */
    color: Generated<string | null>;
    /** JSON: width, height and SHA-256 of the logo; null: none. */
    logo: Generated<string | null>;
    /** JSON: settings of the behavior score; null: the defaults. */
    behavior: Generated<string | null>;
    /** HMAC over the row (keys/protected-tables.ts); null in a row of an earlier release that was not protected yet. */
    mac: Generated<string | null>;
  };
  /** The face with which an administrator signs in. */
  administrator_face: {
    administrator: string;
    organization: string;
    /** Under the organization's own key (Sealer.sealOwn). */
    template_sealed: Bytes;
    /** JSON: keyed hashes of pictures that were used. */
    seen: string;
    consent: string;
    created_at: number;
    last_used_at: number | null;
    mac: string;
  };
  /** The logo that people see who are verified. */
  organization_logo: {
    organization: string;
    png: Uint8Array;
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
    /** JSON: networks it may be used from; empty means any. */
    cidrs: Generated<string>;
    /** JSON: slugs of the profiles it may name; empty means those of the organization. */
    profiles: Generated<string>;
    /** JSON: limits of this key alone. */
    limits: Generated<string>;
    /** The key it was rotated to; null until then. */
    successor: Generated<string | null>;
    /** HMAC over the row under a key of the key store; null in a row from before there was one. */
    mac: Generated<string | null>;
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
    /** When the organization put its own versions of this slug away, and who did. Verifications name them still. */
    removed_at: number | null;
    removed_by: Generated<string | null>;
    /** The version whose settings this one has put back. */
    restored_from: Generated<number | null>;
    /** HMAC over the row (keys/protected-tables.ts); null in a row of an earlier release that was not protected yet. */
    mac: Generated<string | null>;
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
    /** Last verified verification; null when there was none yet. */
    last_used_at: Generated<number | null>;
    /** JSON: for what this person may not be used and from when, as consents and withdrawals leave it (engine/consent). */
    withheld: Generated<string>;
    /** JSON: when keys enrolled pictures of this person in the last day. */
    key_enrollments: Generated<string>;
    /** Since when the person does not verify; null: they do. */
    disabled_at: Generated<number | null>;
    /** Date of birth that an operator has approved. */
    birth_date_sealed: ColumnType<Uint8Array | null, Uint8Array | null | undefined, Uint8Array | null>;
    /** Scope and epoch of a person without an address who is known to that uniqueness scope alone; null: all others. */
    member_of: Generated<string | null>;
  };
  /** An address that a person had until lately (engine/subjects). */
  former_address: {
    organization: string;
    world: string;
    /** As in `subject`. */
    email_hash: string;
    /** Null: of a person who was erased. */
    subject: string | null;
    freed_at: number;
  };
  /** Where each human counts once (engine/uniqueness): the organization, or a region that a caller names. */
  uniqueness_scope: {
    id: string;
    organization: string;
    world: string;
    /** Of the region; empty: the organization. */
    name: string;
    /** 'active' | 'ended' */
    state: string;
    /** From 1; each has its own key and its own members. */
    epoch: number;
    false_flag_rate: number;
    review_rate: number;
    /** 'reopen' | 'hold' */
    on_erasure: string;
    /** Days after its last use in which a member is erased; null: at the scope's end. */
    retention_days: number | null;
    /** When it ends by itself; null: when an administrator ends it. */
    ends_at: number | null;
    created_at: number;
    ended_at: number | null;
  };
  uniqueness_member: {
    id: string;
    organization: string;
    world: string;
    scope: string;
    epoch: number;
    /** Who has the templates; known by no address. */
    subject: string;
    /** The enrolled person as which the member was verified; in the scope of the organization only. */
    account: string | null;
    /** Keyed hash, under the scope's key, of the reference that the caller gave. */
    reference_hash: string | null;
    /** 1: to be erased. */
    leaving: Generated<number>;
    joined_at: number;
    last_seen_at: number;
  };
  /** A newcomer whose face a reviewer has to compare before the session is decided. */
  uniqueness_wait: {
    /** Of the review queue. */
    item: string;
    organization: string;
    world: string;
    scope: string;
    session: string;
    created_at: number;
    /** When it is over, decided or not. */
    due_at: number;
  };
  /** Two people who look alike and were marked as distinct by a reviewer. */
  distinct_people: {
    /** The lesser id of the two. */
    subject: string;
    other: string;
    marked_at: number;
    marked_by: string;
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
    /** Keyed hash of the picture's pixels; null: enrolled before it was kept. */
    picture_hash: Generated<string | null>;
    quality: number;
    created_at: number;
    /** Generation of the organization's template transform; 0 = stored as the model gave it. */
    transform: Generated<number>;
    /** The person's first enrollment, or one that an operator confirmed: what later ones have to match. */
    anchor: Generated<number>;
  };
  /** Of a picture of a verified visit: becomes a template when the next visit agrees. One picture a person. */
  provisional_template: {
    id: string;
    organization: string;
    world: string;
    subject: string;
    embedder: string;
    embedder_sha256: string;
    vector_sealed: Bytes;
    transform: number;
    picture_hash: string;
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
    /** 'integrator' | 'operator' | 'self' */
    recorded_through: Generated<string>;
    expires_at: Generated<number | null>;
  };
  consent_withdrawal: {
    id: string;
    organization: string;
    subject: string;
    purpose: string;
    withdrawn_at: number;
    recorded_by: string;
    recorded_through: string;
  };
  legal_hold: {
    id: string;
    organization: string;
    subject: string;
    reason_sealed: Bytes;
    placed_by: string;
    placed_at: number;
    released_by: string | null;
    released_at: number | null;
  };
  retention_sweep: {
    id: string;
    organization: string;
    started_at: number;
    finished_at: number | null;
    actor: string;
    report: string;
  };
  erasure: {
    id: string;
    organization: string;
    world: string;
    /** The person's row is deleted once this is done. */
    subject: string;
    /** 'intended' | 'key-destroyed' | 'pending' (a copy of the key store could not be reached) | 'done' */
    state: string;
    reason: string;
    actor: string;
    request: string | null;
    intended_at: number;
    completed_at: number | null;
    /** JSON: what became of each copy of the key store. */
    copies: Generated<string>;
    /** The signed receipt, JSON. */
    receipt: string | null;
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
    /**
     * What decided: the scorer, how many of the person's pictures were compared, and what the organization's own gallery had raised the
     * threshold by. Null where nothing was compared, and for everything before the column was there: those were decided by the best of
     * the person's pictures without a rise, and the confidence of a 1:N was 0.5 at the threshold of its search.
     */
    scorer: Generated<string | null>;
    pictures: Generated<number | null>;
    gallery_shift: Generated<number | null>;
    /** 'every-group' | 'average': the groups for which the rates of the scorer's table held. Null where `scorer` is, and in older rows: average. */
    holds_for: Generated<string | null>;
    /** `VERIFIED`, or why not (engine/verification/outcome.ts). */
    outcome: Generated<string>;
    /** The check that decided against it; empty where none did. */
    decided_by: Generated<string>;
    /** The checks that failed, each with a comma on both sides. */
    failed: Generated<string>;
    /** Whether the face matched, and how many people a 1:N searched. Null: written before it was kept, or not a search. */
    matched: Generated<number | null>;
    gallery_size: Generated<number | null>;
    /** How many enrolled people the picture of a 1:N matched, where there are several that no reviewer marked as distinct. */
    people_alike: Generated<number | null>;
    /** 'kiosk' | 'browser' | 'api' (engine/profiles/capture-source.ts). Null: written before it was kept. */
    capture_source: Generated<string | null>;
    /** Sealed under the subject's key, only when it was recognized and verified. */
    place_sealed: Bytes | null;
    device_sealed: Bytes | null;
    probe_sealed: Bytes | null;
  };
  /** What is known of a gallery's own scores (engine/gallery-calibration): figures, nothing about a person. */
  gallery_calibration: {
    organization: string;
    world: string;
    scorer: string;
    /** `every-group` or `average`: whose table it was measured with. */
    holds_for: string;
    /** Hashes of the scorer's table and of its models' files: with others the shift is not applied. */
    basis: string;
    /** What thresholds are raised by, in the scorer's scale; 0 or more. */
    shift: number;
    /** Those a search by the scorer could find when it was measured; of them `compared` took part. */
    people: number;
    compared: number;
    pairs: number;
    /** The false-match rate it was measured at, and the pairs that reached the table's threshold for it. */
    rate: number;
    above: number;
    /** Share of pairs that reached the threshold among those of the tenth of people with most of them. */
    worst_tenth: number;
    /** People compared whose template does not distinguish them from others. */
    doubtful: number;
    measured_at: number;
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
    /** Place in the hash chain, from 1 without gaps; null for lines from before there was one. */
    seq: Generated<number | null>;
    /** Person of the sealed details. */
    subject: Generated<string | null>;
    personal_sealed: ColumnType<Uint8Array | null, Uint8Array | null | undefined, Uint8Array | null>;
    previous_hash: Generated<string | null>;
    hash: Generated<string | null>;
  };
  audit_checkpoint: {
    seq: number;
    hash: string;
    at: number;
    /** 'lines' | 'time' | 'stop' | 'export' | 'restore' | 'prune' */
    kind: string;
    /** Seq of the checkpoint before it; 0 for the first, and for one that pruning left as the anchor. */
    previous: number;
    kid: string;
    signature: string;
  };
  outbox: {
    id: string;
    organization: string;
    world: string;
    type: string;
    subject: string | null;
    /** JSON, nothing personal. */
    payload: string;
    personal_sealed: Bytes | null;
    /** Null once no delivery waits for it. */
    until_delivered_sealed: ColumnType<Uint8Array | null, Uint8Array | null | undefined, Uint8Array | null>;
    created_at: number;
    relayed_at: number | null;
    /** Order of what happened, from 1; null for what was written before there was one. */
    seq: Generated<number | null>;
  };
  job: {
    id: string;
    /** Order in which they were added. */
    seq: number;
    kind: string;
    /** 'waiting' | 'relayed' (the queue on Redis has it) | 'leased' | 'done' | 'dead' */
    state: string;
    /** 1 before 2 before 3. */
    priority: number;
    /** First attempts of one lane begin one at a time, in the order of `seq`. */
    lane: string | null;
    organization: string | null;
    /** JSON: ids, nothing personal. */
    payload: string;
    /** A second job of this kind with the same key is not added. */
    idempotency_key: string | null;
    run_at: number;
    attempts: number;
    /** Grows with each lease: the holder of an older one may not report the job's outcome. */
    fence: number;
    lease_until: number | null;
    last_error: string | null;
    created_at: number;
    finished_at: number | null;
  };
  job_schedule: { name: string; every: number; next_at: number; last_job: string | null };
  destination_grant: {
    id: string;
    organization: string;
    /** 'name' | 'cidr' | 'preset' */
    kind: string;
    value: string;
    /** Null: the port of the scheme, 443 or 80. */
    port: number | null;
    /** 'any' | 'public' */
    reach: string;
    note: string;
    created_at: number;
    created_by: string;
    revoked_at: number | null;
    revoked_by: string | null;
    /** HMAC over the row (keys/protected-tables.ts); null in a row of an earlier release that was not protected yet. */
    mac: Generated<string | null>;
  };
  webhook_endpoint: {
    id: string;
    organization: string;
    world: string;
    /** 'callback': what signs the callbacks of one family; its deliveries carry their own URL. */
    kind: string;
    family: string;
    url: string;
    description: string;
    /** JSON: `<family>.<event>`. */
    events: string;
    /** 'standard' | 'timestamped' | 'sha256' | 'hex' */
    signature: string;
    /** Null: the dialect's own. */
    signature_header: string | null;
    /** Custom headers and secrets: under the organization's own key (Sealer.sealOwn). */
    headers_sealed: Bytes | null;
    secret_sealed: Bytes;
    next_secret_sealed: Bytes | null;
    /** When the next secret takes the place of the present one. */
    cut_over_at: number | null;
    /** PEM of the only trusted CA; null: the system's CAs. */
    ca: string | null;
    /** Base64 SHA-256 of the only trusted public key. */
    pin: string | null;
    /** Lineage of the API key that created it through /api/v1/webhooks; null if an administrator did. */
    lineage: string | null;
    /** 'enabled' | 'disabled' | 'removed' */
    state: string;
    state_reason: string | null;
    state_at: number;
    /** Time of the first failed attempt since the last accepted one. */
    failing_since: number | null;
    created_at: number;
    created_by: string;
    /** HMAC over the row (keys/protected-tables.ts); null in a row of an earlier release that was not protected yet. */
    mac: Generated<string | null>;
  };
  webhook_delivery: {
    id: string;
    organization: string;
    world: string;
    endpoint: string;
    /** Row of the outbox; null for a test event. */
    event: string | null;
    /** `<family>.<event>` */
    event_name: string;
    /** The person named in the event, so that erasing them reaches what is sealed here. */
    subject: string | null;
    /** 'event' | 'callback' | 'resend' | 'replay' | 'test' */
    origin: string;
    /** Of a callback. */
    url_sealed: Bytes | null;
    /** Lane of its job; null: the endpoint. */
    lane: string | null;
    /** Null: over, or it waits without a job until its endpoint is enabled again. */
    job: string | null;
    /** 'waiting' | 'delivered' | 'failed' (no attempt is left) | 'dropped' (nothing to send any more) */
    state: string;
    state_reason: string | null;
    attempts: number;
    next_at: number | null;
    created_at: number;
    finished_at: number | null;
    /** HMAC over the row (keys/protected-tables.ts); null in a row of an earlier release that was not protected yet. */
    mac: Generated<string | null>;
  };
  webhook_attempt: {
    id: string;
    delivery: string;
    /** From 1. */
    number: number;
    at: number;
    /** 'delivered', or why not. */
    outcome: string;
    status: number | null;
    milliseconds: number;
    /** JSON: what was sent and answered; under the person's key where the event names one, else the organization's own. */
    exchange_sealed: Bytes | null;
  };
  alert_rule: {
    id: string;
    organization: string;
    world: string;
    name: string;
    metric: string;
    /** JSON: window, threshold, filter, hold-off, channels. */
    definition: string;
    enabled: number;
    created_at: number;
    created_by: string;
    removed_at: number | null;
  };
  /** Addresses in lower case that alerts of the organization may be mailed to. */
  mail_recipient: {
    organization: string;
    address: string;
    approved_at: number;
    approved_by: string;
  };
  /** One row for each alert mail of the last hour. */
  sent_mail: {
    organization: string;
    queued_at: number;
  };
  alert: {
    id: string;
    organization: string;
    world: string;
    rule: string;
    metric: string;
    subject: string | null;
    /** Its subject's or key's id, where the rule counts each separately. */
    about: string | null;
    value: number;
    threshold: number;
    fired_at: number;
    /** Until then the same rule does not fire again about the same. */
    hold_until: number;
    /** JSON: what became of each channel. */
    notified: string;
    acknowledged_at: number | null;
    acknowledged_by: string | null;
  };
  usage_counter: {
    /** What is counted: `burst/key_…`, `month/org_…`. */
    name: string;
    /** Start of the window, ms since 1970. */
    period: number;
    used: number;
    updated_at: number;
  };
  claim: {
    organization: string;
    world: string;
    /** Keyed hash of the claimed address, whether it is enrolled or not. */
    claim_hash: string;
    failures: number;
    last_failed_at: number;
    disabled_at: number | null;
  };
  refused_picture: {
    id: string;
    organization: string;
    world: string;
    /** Lineage of the key that sent it. */
    lineage: string;
    /** Keyed hash of the source address. */
    source_hash: string;
    /** Keyed hash of the pixels. */
    picture_hash: string;
    created_at: number;
  };
  administrator: {
    id: string;
    organization: string;
    /** Normalized; staff data, not sealed: signing in begins with nothing else. Unique over all organizations. */
    email: string;
    name: string;
    role: string;
    /** May act for the whole appliance. */
    appliance_owner: number;
    /** argon2id, PHC form, under a pepper of the key store; null: a one-time code sets one. */
    password: string | null;
    created_at: number;
    disabled_at: number | null;
    last_sign_in_at: number | null;
    /** Until when the password alone signs in while there is no second factor. */
    factor_due_at: number;
    /** The service saw that time pass, or a factor was enrolled: neither a clock set back nor a deleted factor undoes it. */
    factor_required: number;
    /** HMAC over the row under a key of the key store. */
    mac: string;
  };
  kiosk: {
    id: string;
    organization: string;
    world: string;
    name: string;
    /** ECDSA P-256, SPKI as base64url; the private key never leaves the device's browser. */
    public_key: string;
    paired_at: number;
    revoked_at: number | null;
    /** Written at most once a minute. */
    last_seen_at: number | null;
    /** Wrong PINs in a row; at five only a password signs an operator in. */
    pin_failures: number;
    /** HMAC over who the device is. */
    mac: string;
  };
  /** `hash`: argon2id under a pepper of the key store. */
  operator_pin: {
    administrator: string;
    hash: string;
    set_at: number;
    mac: string;
    /** Wrong ones in a row, at whatever kiosk. */
    failures: number;
  };
  administrator_session: {
    id: string;
    administrator: string;
    /** SHA-256 of the cookie's secret, hex. */
    secret_hash: string;
    created_at: number;
    /** Written at most once a minute. */
    last_seen_at: number;
    expires_at: number;
    /** Network address it was opened from. */
    source: string;
    device: string | null;
    /** When a second factor was last proven in it. */
    factor_at: number | null;
    /** 'enrollment': nothing but enrolling a second factor. */
    limited_to: string | null;
    mac: string;
  };
  passkey: {
    /** The WebAuthn credential id, base64url. */
    id: string;
    administrator: string;
    /** The relying party id: host name under which it was made, and works. */
    site: string;
    /** COSE, base64url. */
    public_key: string;
    counter: number;
    /** JSON. */
    transports: string;
    name: string;
    created_at: number;
    last_used_at: number | null;
    mac: string;
  };
  /** One row for each that is left. The MAC is made of the code, which is kept nowhere. */
  recovery_code: { administrator: string; mac: string; created_at: number };
  /** `purpose`: 'password' | 'enrollment'. The MAC is made of the code, which is kept nowhere. */
  one_time_code: {
    administrator: string;
    purpose: string;
    created_at: number;
    expires_at: number;
    mac: string;
  };
  /** A sign-in whose password was right. `purpose`: 'second-factor' | 'enrollment'. */
  sign_in_ticket: {
    /** SHA-256 of the ticket, hex. */
    hash: string;
    administrator: string;
    purpose: string;
    /** Where the password came from: the ticket is of no use elsewhere. */
    source: string;
    created_at: number;
    expires_at: number;
    mac: string;
  };
  /** For one use. `holder`: `ticket/<hash>`, `prove/<session>` or `add/<session>`. */
  passkey_challenge: { holder: string; challenge: string; created_at: number; mac: string };
  /** Failed sign-ins by account and source, both as keyed hashes; account '': of the source over all accounts. */
  sign_in_failure: {
    account: string;
    source: string;
    failures: number;
    last_failed_at: number;
    /** When the account last signed in from this source; null: never. */
    known_at: number | null;
  };
  /** An enrollment that two faces have to be compared for by a person (engine/review). */
  review_item: {
    id: string;
    organization: string;
    world: string;
    /** 'duplicate' | 'uniqueness' */
    kind: string;
    /** 'warn': the face was enrolled all the same; 'block': it waits. */
    policy: string;
    /** The enrolled person whose face is similar; the waiting enrollment is sealed under their key. */
    subject: string;
    /** The person who was enrolled with it; null while it waits. */
    other: string | null;
    /** Keyed hash of the address that waits; null where the person is enrolled. */
    email_hash: string | null;
    /** JSON: what waits to be enrolled; under the key of `subject`. */
    order_sealed: Bytes | null;
    /** JSON: how alike the faces are. Nothing personal. */
    figures: string;
    /** 'open' | 'decided' | 'expired' */
    state: string;
    decision: string | null;
    decided_by: string | null;
    decided_at: number | null;
    /** 1: the decision enrolled `other`. */
    enrolled: Generated<number>;
    created_at: number;
    /** When its pictures and what waited were erased. */
    erased_at: number | null;
  };
  review_picture: {
    id: string;
    item: string;
    organization: string;
    world: string;
    /** 'new' | 'known' */
    side: string;
    /** Under whose key it is. */
    subject: string;
    /** JPEG of the face. */
    picture_sealed: Bytes;
    created_at: number;
  };
  review_vote: { item: string; actor: string; decision: string; at: number };
  /** A hosted flow that is saved (engine/flows). */
  flow: {
    id: string;
    organization: string;
    /** Part of its URL, unique on the box. */
    slug: string;
    /** JSON: what is edited. */
    definition: string;
    /** JSON: what visitors get; null: not published. */
    published: string | null;
    published_at: number | null;
    published_by: string | null;
    created_at: number;
    created_by: string;
    changed_at: number;
    changed_by: string;
  };
  /** A person in front of a camera (engine/sessions). */
  live_session: {
    id: string;
    organization: string;
    world: string;
    /** 'api' | 'presence' | 'hosted' | 'registration' */
    flow: string;
    /** 'created' | 'opened' | 'processing' | 'finalized' */
    state: string;
    /** SHA-256 of the capability of the browser that has it, hex. */
    token_hash: string;
    /** The same of the device that handed it over, which can only follow. */
    follower_hash: string | null;
    actor: string;
    /** Slug. */
    profile: string;
    /** 'none' | 'any' | 'email' */
    matching: string;
    /** Keyed hash of the claimed address. */
    email_hash: string | null;
    verification: string | null;
    /** The recognized person. */
    subject: string | null;
    /** JSON: what was ordered. Under the key of the recognized person; without one under the organization's own. */
    order_sealed: Bytes | null;
    /** JSON: what the device said of itself; sealed as the order is. */
    device_sealed: Bytes | null;
    /** JSON: what the flow gave to the browser; sealed as the order is. */
    answer_sealed: Bytes | null;
    /** While a person decides: the face, for the uniqueness scope that is asked then; sealed as the order is. */
    waiting_sealed: Bytes | null;
    /** While a person decides: pictures of the last attempt, where the person agreed to it; sealed as the order is. */
    pictures_sealed: Bytes | null;
    /** Version of the text that the person agreed to; no frame is judged before. */
    consent_version: string | null;
    consent_at: number | null;
    flash: number | null;
    motion: number | null;
    /** Attempts that were begun. */
    attempts: number;
    /** When the attempt in progress was begun; its challenge is in memory alone. */
    running_since: number | null;
    /** While a reviewer decides: until when. */
    held_until: number | null;
    /** 'approved' | 'rejected' | 'duplicate' | 'expired' | 'cancelled' */
    decision: string | null;
    decided_at: number | null;
    /** JSON: liveness, risk, reasons; nothing that names a person. */
    outcome: string | null;
    created_at: number;
    opened_at: number | null;
    expires_at: number;
    /** HMAC over what lies plain and names no person. */
    mac: string | null;
  };
  /** A frame of an earlier session: its keyed hash, for thirty days. */
  live_frame: { organization: string; hash: string; session: string; created_at: number };
  /** How the face moved in an attempt of a live session, for thirty days. */
  live_movement: {
    session: string;
    attempt: number;
    organization: string;
    world: string;
    /** The recognized person. */
    subject: string | null;
    /** As engine/challenges packs it. Under the key of the recognized person; without one under the organization's own. */
    movement_sealed: Bytes;
    created_at: number;
  };
  /** A program asks for proof that a person is there (engine/presence). */
  presence_session: {
    id: string;
    organization: string;
    world: string;
    /** Lineage of the key that created it: only its keys may read it. */
    lineage: string;
    created_by: string;
    /** SHA-256 of the token in the link, hex. */
    link_hash: string;
    /** 'pending' | 'verified' | 'cancelled'; a pending one is expired once `expires_at` is past. */
    state: string;
    /** Why it was cancelled: 'caller' | 'declined' | 'not-verified' | 'another-person'. */
    reason: string | null;
    /** Keyed hash of the address that it is locked to. */
    email_hash: string | null;
    /** The person who was there, until then the person asked for. Their key seals the row; null: the organization's own. */
    subject: string | null;
    /** JSON: purpose, address, nonce. */
    request_sealed: Bytes;
    /** Of the token: how long it is valid, and whether it counts once. */
    ttl_seconds: number;
    single_use: number;
    created_at: number;
    expires_at: number;
    /** The live session that the link opened; null: not opened. */
    session: string | null;
    begun_at: number | null;
    decided_at: number | null;
    /** The `jti`. */
    token_id: string | null;
    /** JSON: the token, and the address of the person. */
    token_sealed: Bytes | null;
    token_expires_at: number | null;
  };
  /** At most one row: how the first owner is made. */
  setup: {
    id: string;
    /** SHA-256 of the token, hex. */
    token_hash: string;
    created_at: number;
    expires_at: number;
    /** SHA-256 of the secret of the browser that used the token, hex; null: none has. */
    claim_hash: string | null;
    /** 1: no person is enrolled before the owner has a second factor. */
    factor_owed: number;
    mac: string;
  };
  backup_plan: { folder: string; every_minutes: number; keep: number; set_by: string; set_at: number };
  backup_run: {
    id: string;
    path: string;
    started_at: number;
    finished_at: number | null;
    bytes: number | null;
    /** 'running' | 'done' | 'failed' */
    outcome: string;
    /** Why it failed, or what to look at. */
    reason: string | null;
    /** 'operator' | 'schedule' */
    origin: string;
    /** When `backup verify` last proved the file. */
    verified_at: number | null;
  };
  /** What a second administrator has to confirm. */
  approval: {
    id: string;
    organization: string;
    /** Null: it concerns the organization. */
    world: string | null;
    /** engine/approvals */
    action: string;
    subject: string | null;
    requested_by: string;
    requested_at: number;
    expires_at: number;
    /** 'confirmed' | 'declined'; null: none yet. */
    decision: string | null;
    decided_by: string | null;
    decided_at: number | null;
    /** Keyed hash of the address that it is about; null: of none. */
    about: Generated<string | null>;
    /** HMAC over the row (keys/protected-tables.ts); null in a row of an earlier release that was not protected yet. */
    mac: Generated<string | null>;
  };
  /** Trials of backups: restored to scratch, and looked at. */
  backup_drill: {
    id: string;
    backup: string;
    path: string;
    asked_by: string;
    asked_at: number;
    finished_at: number | null;
    /** 'waiting' | 'running' | 'passed' | 'failed' */
    state: string;
    /** JSON: what is wrong, a sentence each. */
    problems: string | null;
    /** JSON: what was found. */
    found: string | null;
  };
  /** Tokens for one use that were used. */
  token_use: {
    jti: string;
    organization: string;
    world: string;
    used_at: number;
    expires_at: number;
  };
  /** Answers to requests with an `Idempotency-Key`, for a day. */
  idempotent_reply: {
    organization: string;
    world: string;
    /** Lineage of an API key. */
    caller: string;
    key_hash: string;
    /** MAC of key, method, path and body. */
    fingerprint: string;
    /** The process and the request in it that began. */
    run: string;
    started_at: number;
    /** Null until it is answered. */
    status: number | null;
    reply_sealed: Uint8Array | null;
  };
  /** A hosted link of a key, or one visit of a flow. */
  hosted_link: {
    /** `ver_…`, also the id of the verification that decides it. */
    id: string;
    organization: string;
    world: string;
    /** SHA-256 of the token, hex; null for a visit of a flow, whose page holds a token of the session alone. */
    token_hash: string | null;
    flow: string | null;
    product: string;
    /** JSON under the organization's own key: texts, redirects, address (engine/hosted). */
    page_sealed: Bytes;
    /** Keyed hash of the address that has to be matched. */
    email_hash: string | null;
    created_at: number;
    created_by: string;
    expires_at: number;
    session: string | null;
    opened_at: number | null;
    /** 'PENDING' | 'PASS' | 'FAIL' | 'EXPIRED' */
    status: string;
    /** JSON: codes. */
    reasons: string;
    completed_at: number | null;
  };
  /** An invitation of a user, under a reference of the caller's own. */
  registration: {
    id: string;
    organization: string;
    world: string;
    /** SHA-256 of the token of the invitation, hex. */
    token_hash: string;
    reference_hash: string;
    /** JSON: reference and redirect; under the person's key once `subject` is known, under the organization's own before. */
    request_sealed: Bytes;
    subject: string | null;
    /** '' for the organization. */
    region: string;
    data_request: string;
    created_at: number;
    created_by: string;
    expires_at: number;
    session: string | null;
    opened_at: number | null;
    /** 'PENDING' | 'COMPLETED' | 'FAILED' | 'EXPIRED' | 'REPLACED' */
    status: string;
    failure_code: string | null;
    humanness_score: number | null;
    unique_human: string | null;
    completed_at: number | null;
  };
  /** A verdict on behavior, for as long as its token counts (engine/verdicts). */
  behavior_verdict: {
    id: string;
    /** SHA-256, hex. */
    token_hash: string;
    organization: string;
    world: string;
    /** Lineage of the key that asked. */
    lineage: string;
    /** 'verified' | 'challenge' */
    kind: string;
    /** Keyed hash of the caller's id of the user. */
    user_hash: string;
    human: number;
    confidence: number;
    evidence: number;
    /** JSON; null without signals. */
    agent: string | null;
    /** JSON array. */
    notes: string;
    /** JSON: which rules fired with what weight; null without signals. */
    parts: string | null;
    judged_at: number;
    expires_at: number;
    mac: string;
  };
  /** Windows of behavior as they were first seen, so that a copy is recognized. */
  behavior_window: {
    organization: string;
    world: string;
    fingerprint: string;
    /** Keyed hash of the collector's session id. */
    sid_hash: string;
    seq: number;
    /** Age of the page at the first sight, ms. */
    up_ms: number;
    seen_at: number;
  };
  /** Leads from the beginning of a fingerprint to the windows that have it. */
  behavior_window_print: {
    /** Eight characters. */
    print: string;
    seen_at: number;
  };
  /** At most one row. */
  behavior_window_indexed: {
    /** Every window that was seen before this moment is in `behavior_window_print`. */
    before: number;
  };
  /** How many verdicts of a day had each score. */
  behavior_tally: {
    organization: string;
    world: string;
    /** ms since 1970, its first in UTC. */
    day: number;
    score: number;
    verdicts: number;
    agents: number;
  };
  /** Score of a window of a person whose session was approved, for thirty days. */
  behavior_confirmed: {
    organization: string;
    /** Keyed hash of the caller's own id of the person. */
    person: string;
    /** SHA-256 of the weights that gave `z`. */
    weights: string;
    z: number;
    /** ms since 1970, whole days. */
    day: number;
    /** The person that the session recognized; an erasure deletes by it. */
    subject: string | null;
    /** Keyed hash of the address that the session was for, where it recognized no person. */
    email_hash: string | null;
  };
  /** The learned layer of the behavior score that an organization has chosen; no row: rules alone. */
  behavior_layer: {
    organization: string;
    /** 'rules' | 'research' | 'own' */
    layer: string;
    /** JSON of the organization's own weights. */
    own_weights: string | null;
    /** JSON: the zero of its own people, for which weights, and when it was set. */
    zero: string | null;
    /** 1: the zero moves by itself to that of confirmed people. */
    adapts: ColumnType<number, number | undefined, number>;
    /** Id of the weights whose doubtful licence was accepted, by which administrator, and when. */
    accepted_model: string | null;
    accepted_by: string | null;
    /** ms since 1970 */
    accepted_at: number | null;
  };
  /** Visual challenges; removed an hour after their end. */
  behavior_challenge: {
    id: string;
    organization: string;
    world: string;
    lineage: string;
    /** Keyed hash of the caller's own name of the person (engine/verdicts). */
    user_hash: string;
    /** 'click_targets' | 'pattern' */
    type: string;
    /** 1: the hint is in words. */
    accessible: number;
    /** 'open' | 'passed' | 'failed' | 'replaced' */
    state: string;
    attempts: number;
    created_at: number;
    expires_at: number;
    last_answer_at: number | null;
    /** Of the challenge and its answer, which is not stored. */
    answer_mac: string;
  };
  /** What heartbeats have shown since the token was issued; removed with it. */
  behavior_session: {
    /** SHA-256 of the token, hex. */
    token_hash: string;
    organization: string;
    world: string;
    /** JSON: figures of the session so far (engine/heartbeats). */
    state: string;
    /** 1: the last beat was an anomaly. */
    anomaly: number;
    beat_at: number;
    expires_at: number;
    mac: string;
  };
}
