figure;
plot(1:3);
