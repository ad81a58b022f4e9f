// Times libjpeg's jpeg_read_coefficients: `jpeg_coefficients FILE REPETITIONS`. Prints the median in time on the processor.
// Built and run by jpeg_coefficients.py.
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <jpeglib.h>

static double now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static int by_value(const void *a, const void *b) {
    double difference = *(const double *)a - *(const double *)b;
    return (difference > 0) - (difference < 0);
}

int main(int count, char **arguments) {
    if (count < 3) return 2;
    FILE *file = fopen(arguments[1], "rb");
    if (!file) return 1;
    fseek(file, 0, SEEK_END);
    long length = ftell(file);
    rewind(file);
    unsigned char *bytes = malloc(length);
    if (fread(bytes, 1, length, file) != (size_t)length) return 1;
    int repetitions = atoi(arguments[2]);
    double *times = malloc(repetitions * sizeof(double));
    for (int i = 0; i < repetitions; i++) {
        double start = now_ms();
        struct jpeg_decompress_struct decompress;
        struct jpeg_error_mgr error;
        decompress.err = jpeg_std_error(&error);
        jpeg_create_decompress(&decompress);
        jpeg_mem_src(&decompress, bytes, length);
        jpeg_read_header(&decompress, TRUE);
        jpeg_read_coefficients(&decompress);
        jpeg_finish_decompress(&decompress);
        jpeg_destroy_decompress(&decompress);
        times[i] = now_ms() - start;
    }
    qsort(times, repetitions, sizeof(double), by_value);
    printf("libjpeg %.1f ms\n", times[repetitions / 2]);
    return 0;
}
