/**
 * Ends the process with this exit code, at once: nothing else of it runs, in no thread. An orderly exit
 * would end the threads one after the other and run what native code does at the end, while the
 * database is still at work in its thread: it then aborts the process about every second time, and whoever
 * waits for the exit code sees SIGABRT. So the process is replaced by one that does nothing but exit.
 * What was written to standard error is out, because that is synchronous.
 */
export function endProcess(code: number): never {
  if (process.platform !== 'win32' && typeof process.execve === 'function') {
    process.execve(process.execPath, [process.execPath, '-e', `process.exit(${code})`], {})
  }
  process.exit(code)
}
