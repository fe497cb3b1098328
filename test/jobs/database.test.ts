import { createDatabaseDriver } from '../../service/engine/jobs/index.ts';
import { onBothDatabases } from '../storage/databases.ts';
import { jobsContract } from './contract.ts';

onBothDatabases('jobs in the database', (newPlace) => {
  jobsContract({ newPlace, newDriver: createDatabaseDriver });
});
