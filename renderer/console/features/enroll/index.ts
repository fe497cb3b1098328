export { EnrollPerson } from './enroll-person.tsx';
