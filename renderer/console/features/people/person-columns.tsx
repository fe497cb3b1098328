import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { ButtonLink } from '../../../ui/controls/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import type { Column } from '../../../ui/tables/index.ts';
import { operators, useSession } from '../../data.ts';
import { nameOf } from './people-screen.tsx';
import { peopleStrings } from './strings.ts';

/**
 * Columns of a list of people who need another picture: who, why (give `cell` as `secondLine` too, for phones; `field` is what a CSV
 * has for it), and the way to enroll one.
 */
export function usePictureColumns<Person extends Parameters<typeof nameOf>[0]>(
  field: string,
  header: string,
  cell: (person: Person) => ReactNode,
): readonly Column<Person>[] {
  const t = useStrings(peopleStrings);
  const { user } = useSession();
  const columns: Column<Person>[] = [
    {
      id: 'name',
      header: t('name'),
      csv: [
        { field: 'name', heading: t('name') },
        { field: 'email', heading: t('email') },
      ],
      cell: (person) => (
        <Link to="/people/$id" params={{ id: person.id }}>
          {nameOf(person)}
        </Link>
      ),
    },
    { id: 'why', header, csv: [{ field, heading: header }], priority: 2, cell },
  ];
  if (!operators.includes(user.role)) return columns;
  return columns.concat({
    id: 'enroll',
    header: t('newPicture'),
    cell: ({ id }) => (
      <ButtonLink to="/enroll" search={{ person: id }} small>
        {t('enrollPicture')}
      </ButtonLink>
    ),
  });
}
