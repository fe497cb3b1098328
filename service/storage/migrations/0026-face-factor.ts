import type { Migration } from '../migration.ts';

/** Faces of administrators who sign in with one beside their password, in organizations that allow it. */
export const faceFactor: Migration = {
  name: '0026-face-factor',
  up: ({ text, integer, bytes, strict }) => [
    `create table administrator_face (
      administrator ${text} primary key,
      organization ${text} not null,
      template_sealed ${bytes} not null,
      seen ${text} not null,
      consent ${text} not null,
      created_at ${integer} not null,
      last_used_at ${integer},
      mac ${text} not null
    )${strict}`,
    `alter table organization add column face_factor ${integer} not null default 0`,
  ],
};
