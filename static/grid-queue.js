// One request at a time: a page that saves two hundred rows leaves room for everybody else.

const jobs = [];
let busy = false;

export async function inTurn(job, first = false) {
  if (first) jobs.unshift(job); else jobs.push(job);
  if (busy) return;
  busy = true;
  while (jobs.length) await jobs.shift()().catch(reportError);
  busy = false;
}
