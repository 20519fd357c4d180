// a test of this project mostly waits: for a broker, a group, a process
[assembly: LevelOfParallelism(6)]
