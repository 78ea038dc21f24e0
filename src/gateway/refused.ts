/** What a sender is told when a request is not taken, with the status of the answer. */
export class Refused extends Error {
  constructor(
    readonly statusCode: number,
    message: string,
  ) {
    super(message);
    this.name = 'Refused';
  }
}
