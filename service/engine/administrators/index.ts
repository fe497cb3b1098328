export type {
  AdministratorChange,
  AdministratorSession,
  From,
  NewAdministrator,
  OpenedSession,
  Passkey,
  SignInAnswer,
  Site,
} from './administrator.ts';
export { Administrator, exampleOfAdministrator } from './administrator.ts';
export type { Administrators, AdministratorsDeps } from './administrators.ts';
export { createAdministrators } from './administrators.ts';
export type { FaceJudge, FacePictures } from './faces/face-judge.ts';
export type { OwnFace } from './faces/faces.ts';
