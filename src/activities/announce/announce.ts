import { ApplicationFailure } from '@temporalio/common';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import type { ControlActivities, EntityActivities, Message } from '../contract';

/** Messages between workflows: workflow code cannot signal-with-start, so this activity does. At least once; receivers drop repeats by the message's id. */
export function createAnnounceActivities(deps: { readonly client: Client }): Pick<ControlActivities, 'announce'> & EntityActivities {
  return {
    async announce({ messages }) {
      for (const message of messages) await send(deps.client, message);
    },
    async standing({ workflowId }) {
      try {
        const { status } = await deps.client.workflow.getHandle(workflowId).describe();
        return status.name === 'RUNNING' ? 'running' : 'closed';
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return 'closed';
        throw error;
      }
    },
  };
}

/** Sends one message; a journey that has ended needs no more messages, so that is no error. */
export async function send(client: Client, message: Message): Promise<void> {
  const { workflowId, signal, argument, start } = message;
  if (start) {
    await client.workflow.signalWithStart(start.type, {
      workflowId,
      taskQueue: start.taskQueue,
      args: [start.input],
      staticSummary: start.summary,
      staticDetails: start.details,
      signal,
      signalArgs: [argument],
    });
    return;
  }
  try {
    await client.workflow.getHandle(workflowId).signal(signal, argument);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return;
    throw ApplicationFailure.create({
      type: 'AnnounceFailed',
      message: `cannot signal ${workflowId}: ${error instanceof Error ? error.message : String(error)}`,
    });
  }
}
