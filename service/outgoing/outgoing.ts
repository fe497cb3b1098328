/** The only room that opens connections off the box. It dials addresses that were checked; it decides nothing. */
export interface Outgoing {
  /**
   * Every address of a host name, A and AAAA, as text; the host itself when it is an address. Throws OutgoingError `unresolved`.
   * `organization`: whose turn it takes; absent: the box's own.
   */
  resolve(host: string, organization?: string): Promise<string[]>;
  /** One request to one address; no redirect is followed, no proxy asked. Throws OutgoingError. */
  post(request: OutgoingRequest): Promise<OutgoingReply>;
  /** One message to one mail server's address. Throws OutgoingError. */
  mail(message: OutgoingMail): Promise<void>;
  /** Ends idle connections. */
  close(): Promise<void>;
}

export interface OutgoingRequest {
  url: URL;
  /** Where to dial; TLS asks for the name of the URL (SNI) and checks the certificate against it. */
  address: string;
  headers: Readonly<Record<string, string>>;
  body: Uint8Array;
  /** Milliseconds for the whole of it: connection, answer's head and body (to its end, or `keep` bytes of it). */
  timeout: number;
  /** PEM: trusted instead of the system's CAs. */
  ca?: string;
  /** Base64 SHA-256 of the server's public key (SubjectPublicKeyInfo); any other is refused. Without `ca` it is the whole proof: issuer, name and dates are not asked. */
  pin?: string;
  /** Bytes of the answer's body that are kept; the rest is not read. */
  keep: number;
  signal?: AbortSignal;
}

export interface OutgoingReply {
  status: number;
  headers: Record<string, string>;
  /** UTF-8, wrong bytes replaced; at most `keep` bytes of it. */
  body: string;
  truncated: boolean;
}

export interface OutgoingMail {
  host: string;
  address: string;
  port: number;
  /** TLS from the start (`smtps`); otherwise STARTTLS where the server offers it. */
  secure: boolean;
  ca?: string;
  user?: string;
  password?: string;
  from: string;
  to: readonly string[];
  subject: string;
  text: string;
  timeout: number;
}

/** Why there was no response; the sentence is shown in the delivery log. */
export type OutgoingFailure =
  | 'unresolved'
  | 'refused'
  | 'unreachable'
  | 'reset'
  | 'timeout'
  | 'tls'
  | 'protocol'
  | 'aborted';

export class OutgoingError extends Error {
  override name = 'OutgoingError';
  readonly failure: OutgoingFailure;
  /** Figures or a word from a closed list (`550 5.1.1`, `CERT_HAS_EXPIRED`), never text of the other side. */
  readonly code: string | undefined;
  constructor(failure: OutgoingFailure, message: string, code?: string) {
    super(message);
    this.failure = failure;
    this.code = code;
  }
}
