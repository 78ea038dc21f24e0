import { QueryNotRegisteredError, WorkflowNotFoundError, WorkflowUpdateFailedError, type Client } from '@temporalio/client';
import { Complaint } from '../../config/complaint';
import { safe } from '../../domain/text/safe';
import { floorId } from '../../workflows/messages';
import type { Session } from '../session';

const ANSWER_SECONDS = 10;

/** Asks the floor, or tells it something. Throws a `Complaint` where it refuses, and where it does not run. */
export async function withFloor<T>(
  { client: connect, config }: Session,
  work: (floor: ReturnType<Client['workflow']['getHandle']>) => Promise<T>,
): Promise<T> {
  const client = await connect();
  try {
    return await client.withDeadline(Date.now() + ANSWER_SECONDS * 1000, () =>
      work(client.workflow.getHandle(floorId(config.distribution))),
    );
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError)
      throw new Complaint({ message: `refused: ${safe(error.cause?.message ?? error.message)}` });
    if (error instanceof WorkflowNotFoundError || error instanceof QueryNotRegisteredError)
      throw new Complaint({ message: `the floor of ${config.distribution} does not run`, remedy: '`millrace up` starts it' });
    throw error;
  }
}
