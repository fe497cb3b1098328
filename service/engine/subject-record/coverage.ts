/** Where a table's rows about a person stand in the record, or why they do not. */
export type Coverage = { in: string } | { leftOut: string };

/** Every table of the database; a test fails for a new one until it is said here what a person gets of it. */
export const coverage: Record<string, Coverage> = {
  subject: { in: 'person' },
  template: { in: 'enrollments' },
  consent: { in: 'consent.consents' },
  consent_withdrawal: { in: 'consent.withdrawals' },
  legal_hold: { in: 'holds' },
  verification: { in: 'verifications' },
  audit: { in: 'audit' },
  outbox: { in: 'events' },
  webhook_delivery: { in: 'deliveries' },
  webhook_attempt: { in: 'deliveries.attempts' },
  alert: { in: 'alerts' },
  erasure: { in: 'erasures' },
  claim: { in: 'failedAttempts' },
  organization: { leftOut: 'The organization itself; its id and name stand at the head of the record.' },
  api_key: { leftOut: 'Keys of the organization’s programs.' },
  site: { leftOut: 'Places and networks of the organization.' },
  profile: { leftOut: 'Rules of verifications; each verification names its profile and version.' },
  gallery_calibration: { leftOut: 'Figures about all people of the organization together.' },
  model_setting: { leftOut: 'Settings of the appliance.' },
  webhook_endpoint: { leftOut: 'Where the organization’s events go; each delivery names its endpoint.' },
  destination_grant: { leftOut: 'Where the organization may send to.' },
  mail_recipient: { leftOut: 'Addresses that alerts of the organization are mailed to.' },
  sent_mail: { leftOut: 'Times at which alerts of the organization were mailed.' },
  alert_rule: { leftOut: 'Rules of the organization; one about a single person is removed with the person.' },
  job: { leftOut: 'Work that waits, by ids: a delivery’s job is the delivery.' },
  job_schedule: { leftOut: 'When recurring work runs.' },
  retention_sweep: { leftOut: 'Counts, without naming anybody.' },
  audit_checkpoint: { leftOut: 'Signatures over the whole log.' },
  usage_counter: {
    leftOut: 'Counts of requests; those about one address last a minute, under a keyed hash.',
  },
  refused_picture: {
    leftOut: 'Keyed hashes of pictures that liveness refused, for a day; they name no person.',
  },
  backup_plan: { leftOut: 'Settings of the appliance.' },
  backup_run: { leftOut: 'Where and when backups were made.' },
};
