/** Calls that come while one is under way, or within `milliseconds` after it began, get its answer. A failure is not kept. */
export function shared<T>(work: () => Promise<T>, milliseconds: number): () => Promise<T> {
  let kept: { readonly at: number; readonly answer: Promise<T> } | undefined;
  let running = false;
  return () => {
    if (kept && (running || performance.now() - kept.at < milliseconds)) return kept.answer;
    const answer = work();
    kept = { at: performance.now(), answer };
    running = true;
    answer.then(
      () => (running = false),
      () => {
        running = false;
        kept = undefined;
      },
    );
    return answer;
  };
}
