module porthole.test/target

go 1.19
