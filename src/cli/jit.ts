// Nearly all code of a command is executed once. Machine code for it is never earned back, and making it took 40 % of the CPU time:
// so JavaScriptCore waits a thousand times longer than it usually would (docs/performance.md). First of all imports, for loading the
// others is code, too.

Bun.unsafe.setJITPolicy(1000);
