/** As the box judges it: 6 to 12 digits, not all the same, and not counting up or down. */
export const isGoodPin = (pin: string): boolean =>
  /^\d{6,12}$/.test(pin) &&
  !/^(\d)\1+$/.test(pin) &&
  !'01234567890123'.includes(pin) &&
  !'98765432109876'.includes(pin);
