/** A published flow was opened by its visitor: `by` is who published it. Links of this kind that an API key made are for one person. */
export const isVisit = ({ flow, by }: { flow: string; by: string }): boolean =>
  flow === 'hosted' && !by.startsWith('key:');
