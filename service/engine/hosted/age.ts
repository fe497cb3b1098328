/** Whole years from a date of birth (`YYYY-MM-DD`) to a day, both in UTC. Who was born on 29 February is a year older on 1 March. */
export function ageAt(birthDate: string, now: number): number {
  const today = new Date(now).toISOString().slice(0, 10);
  const years = Number(today.slice(0, 4)) - Number(birthDate.slice(0, 4));
  return today.slice(5) < birthDate.slice(5) ? years - 1 : years;
}
