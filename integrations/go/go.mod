module curfewdeadline

go 1.19
