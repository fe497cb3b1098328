export {
  Administrator,
  type AdministratorChange,
  type AdministratorSession,
  exampleOfAdministrator,
  type From,
  type NewAdministrator,
  type OpenedSession,
  type Passkey,
  type SignInAnswer,
  type Site,
} from './administrator.ts';
export { type Administrators, type AdministratorsDeps, createAdministrators } from './administrators.ts';
export type { FaceJudge, FacePictures } from './faces/face-judge.ts';
export type { OwnFace } from './faces/faces.ts';
