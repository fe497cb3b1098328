/** Functions over 80 lines on the day the limit came, with the lines they had. It only shrinks: a new one is split, not listed. */
export const longFunctions: Readonly<Record<string, number>> = {
  'service/engine/erasure/erasure-store.ts createErasureStore': 166,
  'service/engine/erasure/erasure.ts createErasure': 193,
  'service/engine/erasure/organization-erasure.ts createOrganizationErasure': 83,
  'service/engine/erasure/proof.ts createProver': 103,
  'service/engine/erasure/steps.ts createSteps': 152,
  'service/engine/subjects/enroll-subject.ts createEnroll': 144,
  'service/engine/subjects/subject-store.ts createSubjectStore': 232,
  'service/engine/subjects/subjects.ts createSubjects': 167,
  'service/engine/subjects/template-store.ts createTemplateStore': 235,
};
