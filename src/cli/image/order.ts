import { WithStartWorkflowOperation, WorkflowUpdateFailedError } from '@temporalio/client';
import { Complaint } from '../../config/complaint';
import { packageDefaults } from '../../config/package-defaults';
import type { ImageOrder } from '../../domain/image/order';
import { safe } from '../../domain/text/safe';
import { imageId, imageOrderUpdate } from '../../workflows/messages';
import { imageStart } from '../../workflows/start';
import type { Session } from '../session';

const ANSWER_SECONDS = 10;

/** Gives an order to `image:<name>`, which is started by it where it does not run. Returns what it says. Throws a `Complaint` with its reason where it refuses. */
export async function giveOrder(session: Session, name: string, order: ImageOrder): Promise<string> {
  const client = await session.client();
  const { type, taskQueue, input, summary: staticSummary, details: staticDetails } = imageStart(packageDefaults(session.config), name);
  try {
    return await client.withDeadline(Date.now() + ANSWER_SECONDS * 1000, () =>
      client.workflow.executeUpdateWithStart(imageOrderUpdate, {
        args: [order],
        startWorkflowOperation: new WithStartWorkflowOperation(type, {
          ...{ workflowId: imageId(name), taskQueue, staticSummary, staticDetails },
          args: [input],
          workflowIdConflictPolicy: 'USE_EXISTING',
        }),
      }),
    );
  } catch (error) {
    if (!(error instanceof WorkflowUpdateFailedError)) throw error;
    throw new Complaint({ message: `refused: ${safe(error.cause?.message ?? error.message)}` });
  }
}
