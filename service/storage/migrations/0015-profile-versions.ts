import type { Migration } from '../migration.ts';

/**
 * Which version a profile was put back from, and who put its versions away; and of a verification what judging it again takes. Those
 * from before have neither: whether they matched, and among how many people, is not known of all of them.
 */
export const profileVersions: Migration = {
  name: '0015-profile-versions',
  up: ({ text, integer }) => [
    `alter table profile add column restored_from ${integer}`,
    `alter table profile add column removed_by ${text}`,
    `alter table verification add column matched ${integer}`,
    `alter table verification add column gallery_size ${integer}`,
    'create index verification_profile on verification (organization, world, profile, created_at)',
  ],
};
