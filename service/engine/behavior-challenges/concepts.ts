import type { LabelName } from '../../inference/pictures/challenge-pictures.ts';

/** What a target can show: its emoji, and its word where it is drawn. */
export const concepts: Readonly<Record<LabelName, string>> = {
  target: '🎯',
  herb: '🌿',
  star: '⭐',
  moon: '🌙',
  house: '🏠',
  tree: '🌲',
  fish: '🐟',
  key: '🔑',
  umbrella: '🌂',
  cup: '☕',
  boat: '⛵',
  bell: '🔔',
  flower: '🌸',
  mushroom: '🍄',
  apple: '🍎',
  balloon: '🎈',
  rocket: '🚀',
  anchor: '⚓',
  bulb: '💡',
  heart: '💚',
};

export const conceptNames = Object.keys(concepts) as LabelName[];
