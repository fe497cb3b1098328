import { defineStrings } from '../ui/strings/define-strings.ts';

export const ownGalleryStrings = defineStrings(
  {
    notMeasured: 'Not measured yet',
    notMeasuredText:
      'The people enrolled have not been compared with one another yet, so nothing says that this rate holds for them. The service does it within seconds; reload the page then.',
    tooFew: 'Too few people to measure',
    tooFewText:
      '{people} of {fewest} people are enrolled. From {fewest} on they are compared with one another; until then nothing says that this rate holds for them.',
    doubtful: {
      one: '{count} person has a template that does not distinguish them from others',
      other: '{count} people have templates that do not distinguish them from others',
    },
    doubtfulText:
      'A stranger with a similar picture could pass as one of them. Enroll them again with a better picture.',
    showDoubtful: 'Show them',
  },
  {
    notMeasured: 'Noch nicht gemessen',
    notMeasuredText:
      'Die erfassten Personen wurden noch nicht miteinander verglichen; nichts sagt also, dass diese Rate für sie gilt. Der Dienst holt das in Sekunden nach; laden Sie die Seite dann neu.',
    tooFew: 'Zu wenige Personen für eine Messung',
    tooFewText:
      '{people} von {fewest} Personen sind erfasst. Ab {fewest} werden sie miteinander verglichen; bis dahin sagt nichts, dass diese Rate für sie gilt.',
    doubtful: {
      one: '{count} Person hat eine Vorlage, die sie nicht von anderen unterscheidet',
      other: '{count} Personen haben Vorlagen, die sie nicht von anderen unterscheiden',
    },
    doubtfulText:
      'Fremde mit einem ähnlichen Bild könnten als eine von ihnen gelten. Erfassen Sie sie mit einem besseren Bild noch einmal.',
    showDoubtful: 'Anzeigen',
  },
);
